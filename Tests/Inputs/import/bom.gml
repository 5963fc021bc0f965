graph [
  node [ id 0 label "a" host_bandwidth_up "100 Mbit" host_bandwidth_down "1 Gbit" ]
  node [ id 1 label "b" host_bandwidth_up "50 Mbit" host_bandwidth_down "1 Gbit" ]
  edge [ source 0 target 1 latency "10 ms" ]
]
