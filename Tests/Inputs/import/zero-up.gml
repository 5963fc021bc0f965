graph [
  node [ id 0 label "a" host_bandwidth_up "100 Mbit" host_bandwidth_down "1 Gbit" ]
  node [ id 1 label "b" host_bandwidth_up "0 Mbit" host_bandwidth_down "1 Gbit" ]
  node [ id 2 label "c" host_bandwidth_up "100 Mbit" host_bandwidth_down "1 Gbit" ]
  edge [ source 0 target 1 latency "10 ms" ]
  edge [ source 0 target 2 latency "20 ms" ]
  edge [ source 2 target 0 latency "99 ms" ]
  edge [ source 0 target 7 latency "5 ms" ]
]
