// The page of a cluster: it makes everything it shows of events (Sources/ChaosPage/PageEvent.swift), which a recording in the
// page holds or a node sends. Texts are set as texts, never as markup.
'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const SVG = 'http://www.w3.org/2000/svg';

  function make(name, attributes = {}, ...children) {
    const isDrawn = ['svg', 'circle', 'line', 'path', 'text', 'g', 'title', 'rect', 'polyline'].includes(name);
    const element = isDrawn ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== null) element.setAttribute(key, value);
    }
    for (const child of children) element.append(child);
    return element;
  }

  // MARK: Quantities

  function seconds(ns) {
    const s = ns / 1e9;
    const sign = s < 0 ? '-' : '';
    const size = Math.abs(s);
    if (size >= 3600) return `${sign}${Math.floor(size / 3600)} h ${Math.floor((size % 3600) / 60)} min`;
    if (size >= 120) return `${sign}${Math.floor(size / 60)} min ${Math.floor(size % 60)} s`;
    if (size >= 100) return `${s.toFixed(0)} s`;
    if (size >= 1) return `${s.toFixed(2)} s`;
    if (size === 0) return '0 s';
    return size >= 1e-3 ? `${(s * 1e3).toFixed(size >= 0.1 ? 0 : 1)} ms` : `${(s * 1e6).toFixed(0)} µs`;
  }

  function scaled(value, base, units) {
    let k = 0;
    while (value >= base && k < units.length - 1) { value /= base; k += 1; }
    return `${value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3)} ${units[k]}`;
  }
  const bytes = (count) => scaled(count, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
  const rate = (bits) => scaled(bits, 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s', 'Pbit/s']);

  function list(names, most = 8) {
    if (names.length === 0) return 'nobody';
    if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
    return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
  }

  const compare = (a, b) => (a.length - b.length) || (a < b ? -1 : a > b ? 1 : 0);
  const key = (a, b) => (compare(a, b) <= 0 ? `${a}-${b}` : `${b}-${a}`);

  // MARK: What is known

  const NEWS = 400;

  class Cluster {
    constructor() {
      this.time = 0;
      this.nodes = new Map();
      this.links = new Map();
      this.views = [];
      this.joins = [];
      this.log = [];
      this.steps = [];
      this.losses = [];
      this.accuracies = [];
      this.idles = [];
    }

    node(id) {
      let node = this.nodes.get(id);
      if (!node) {
        node = { id, phase: 'outside', institution: '', idle: 0, since: this.time };
        this.nodes.set(id, node);
      }
      return node;
    }

    link(a, b) {
      const name = key(a, b);
      let link = this.links.get(name);
      if (!link) {
        link = { a, b, isUp: null, bandwidth: null, roundTrip: null };
        this.links.set(name, link);
      }
      return link;
    }

    // The one under way, or the last one.
    join(id) {
      for (let k = this.joins.length - 1; k >= 0; k -= 1) if (this.joins[k].node === id) return this.joins[k];
      return null;
    }

    get view() { return this.views[this.views.length - 1]; }

    apply(event) {
      this.time = Math.max(this.time, event.time);
      const handler = HANDLERS[event.event];
      if (handler) handler(this, event);
    }
  }

  const HANDLERS = {
    phase(c, e) {
      const node = c.node(e.node);
      node.phase = e.phase;
      node.since = e.time;
      const join = c.join(e.node);
      if (join && e.phase === 'training' && join.whole !== null && join.member === null) join.member = e.time;
    },
    institution(c, e) { c.node(e.node).institution = e.name; },
    'link-up'(c, e) { c.link(e.a, e.b).isUp = true; },
    'link-down'(c, e) { c.link(e.a, e.b).isUp = false; },
    capacity(c, e) {
      const link = c.link(e.a, e.b);
      if (e.bandwidth !== null) link.bandwidth = e.bandwidth;
      if (e.round_trip !== null) link.roundTrip = e.round_trip;
    },
    view(c, e) {
      c.views.push({ number: e.view, time: e.time, members: e.members, learners: e.learners, why: e.why,
        links: new Set(e.links.map(([a, b]) => key(a, b))), root: e.root, parents: e.parents, begun: null });
      for (const id of [...e.members, ...e.learners]) c.node(id);
      for (const [a, b] of e.links) c.link(a, b);
    },
    begun(c, e) {
      const view = c.views.find((v) => v.number === e.view);
      if (view) view.begun = e.time;
    },
    asked(c, e) {
      c.node(e.node);
      c.joins.push({ node: e.node, asked: e.time, planned: null, makespan: null, state: null, sources: new Map(), pulling: null,
        whole: null, member: null, contributed: null, failed: 0, step: null });
    },
    planned(c, e) {
      const join = c.join(e.node);
      if (!join) return;
      Object.assign(join, { planned: e.time, makespan: e.makespan, state: e.state, shardSize: e.shard_size });
      for (const s of e.sources) {
        const source = SOURCE(join, s.node);
        source.bytesPlanned = s.bytes;
        source.finish = s.finish;
      }
    },
    pulling(c, e) {
      const join = c.join(e.node);
      if (!join) return;
      Object.assign(join, { pulling: e.time, whole: null, step: e.step });
      for (const source of join.sources.values()) Object.assign(source, { bytes: 0, last: null, course: [] });
    },
    came(c, e) {
      const join = c.join(e.node);
      if (!join) return;
      const source = SOURCE(join, e.from);
      source.bytes += e.bytes;
      source.last = e.time;
      source.course.push([e.time, source.bytes]);
      // Every second point of a long course tells as much.
      if (source.course.length > 400) source.course = source.course.filter((_, k) => k % 2 === 1);
    },
    whole(c, e) {
      const join = c.join(e.node);
      if (join) Object.assign(join, { whole: e.time, step: e.step });
    },
    failed(c, e) {
      const join = c.join(e.node);
      if (join) Object.assign(join, { failed: join.failed + 1, pulling: null });
    },
    contributed(c, e) {
      const join = c.join(e.node);
      if (join) join.contributed = e.time;
    },
    step(c, e) { c.steps.push([e.time, e.step]); },
    loss(c, e) { if (e.loss !== undefined) c.losses.push([e.time, e.loss]); },
    evaluated(c, e) { if (e.accuracy !== undefined) c.accuracies.push([e.time, e.accuracy * 100]); },
    idle(c, e) {
      c.node(e.node).idle = e.idle;
      const members = c.view ? c.view.members : [];
      if (members.length > 0) {
        const sum = members.reduce((total, id) => total + c.nodes.get(id).idle, 0);
        c.idles.push([e.time, sum / members.length / 1e9]);
      }
    },
    log(c, e) {
      c.log.push({ time: e.time, node: e.node, kind: e.kind, text: e.text });
      if (c.log.length > 2 * NEWS) c.log.splice(0, c.log.length - NEWS);
    },
  };

  const SOURCE = (join, id) => {
    if (!join.sources.has(id)) {
      join.sources.set(id, { node: id, bytesPlanned: 0, finish: null, bytes: 0, last: null, course: [] });
    }
    return join.sources.get(id);
  };

  // MARK: In words

  const WORDS = {
    outside: 'in no view', learning: 'learns', waiting: 'waits for its view to begin', training: 'trains',
    halted: 'halted', gone: 'gone',
  };

  const named = (c, id) => {
    const node = c.nodes.get(id);
    return node && node.institution ? `${id} of ${node.institution}` : id;
  };

  function problems(c) {
    const found = [];
    const halted = [...c.nodes.values()].filter((node) => node.phase === 'halted');
    if (halted.length > 0) {
      const since = Math.min(...halted.map((node) => node.since));
      found.push(`${list(halted.map((node) => named(c, node.id)))} halted ${seconds(c.time - since)} ago: no quorum of members can be reached`);
    }
    const view = c.view;
    if (view) {
      const down = [...view.links].filter((name) => c.links.get(name) && c.links.get(name).isUp === false);
      if (down.length > 0) found.push(`links down: ${list(down.sort())}`);
      const lost = view.members.filter((id) => c.nodes.get(id).phase === 'gone');
      if (lost.length > 0) found.push(`${list(lost)} of view ${view.number} ${lost.length === 1 ? 'is' : 'are'} gone`);
      if (view.begun === null && c.time - view.time > 2e9) {
        found.push(`view ${view.number}, decided ${seconds(c.time - view.time)} ago, has not begun on all members`);
      }
    }
    for (const join of c.joins) {
      const node = c.nodes.get(join.node);
      if (join.failed > 0 && join.whole === null && node.phase !== 'gone') {
        found.push(`${named(c, join.node)} has tried ${join.failed} time${join.failed === 1 ? '' : 's'} in vain to get the state`);
      }
    }
    // Of those that differ in numbers alone the last one.
    const recent = new Map();
    for (const line of c.log) {
      const isTold = line.node && c.nodes.get(line.node) && c.nodes.get(line.node).phase === 'halted';
      if (line.kind !== 'trouble' || isTold || c.time - line.time >= 10e9) continue;
      const kind = `${line.node}: ${line.text.replace(/[0-9]+/g, '0')}`;
      recent.set(kind, { line, count: (recent.get(kind)?.count ?? 0) + 1 });
    }
    for (const { line, count } of recent.values()) {
      const times = count === 1 ? '' : `, and ${count - 1} more of the kind`;
      found.push(`${line.node ? named(c, line.node) + ': ' : ''}${line.text} (${seconds(c.time - line.time)} ago${times})`);
    }
    return found.slice(0, 12);
  }

  function summary(c) {
    const view = c.view;
    if (!view) return 'No view has been decided yet.';
    const step = c.steps.length > 0 ? `step ${c.steps[c.steps.length - 1][1]}` : 'no step yet';
    const who = view.members.filter((id) => ['training', 'waiting'].includes(c.nodes.get(id).phase));
    const sentences = [who.length === 0
      ? `Nobody trains; the last view was ${view.number}, with ${list(view.members.map((id) => named(c, id)))}; ${step}.`
      : `${who.length} member${who.length === 1 ? '' : 's'} (${list(who.map((id) => named(c, id)))}) train`
        + `${who.length === 1 ? 's' : ''}: ${step}, view ${view.number}.`];
    for (const join of c.joins.slice(-3)) sentences.push(told(c, join));
    return sentences.join(' ');
  }

  function told(c, join) {
    const sources = [...join.sources.values()].filter((s) => s.bytes > 0).sort((a, b) => b.bytes - a.bytes);
    const came = sources.reduce((sum, s) => sum + s.bytes, 0);
    const from = list(sources.map((s) => named(c, s.node)), 5);
    const name = named(c, join.node);
    if (c.nodes.get(join.node).phase === 'gone') return `${name}, which asked at ${seconds(join.asked)}, is gone.`;
    if (join.whole !== null) {
      const plan = join.makespan === null ? '' : `, planned ${seconds(join.makespan)}`;
      const first = join.contributed === null ? '' : `; its first gradient came ${seconds(join.contributed - join.asked)} after it asked`;
      const pulled = join.pulling === null ? '' : ` in ${seconds(join.whole - join.pulling)}${plan}`;
      return `${name} joined: the state, ${bytes(join.state ?? came)}, came from ${from}${pulled}${first}.`;
    }
    if (join.pulling !== null) {
      const share = join.state ? ` of ${bytes(join.state)}` : '';
      return `${name} joins: ${bytes(came)}${share} of the state ${came === 1 ? 'has' : 'have'} come from ${from} in ${seconds(c.time - join.pulling)}.`;
    }
    return `${name} asked for the state ${seconds(c.time - join.asked)} ago.`;
  }

  // MARK: The network

  const MANY = 64;

  // Who is long gone does not take room.
  function present(c) {
    const view = c.view;
    const named = new Set(view ? [...view.members, ...view.learners] : []);
    return [...c.nodes.values()].filter((n) => n.phase !== 'gone' || named.has(n.id) || c.time - n.since < 20e9)
      .sort((a, b) => compare(a.id, b.id));
  }

  // Along the tree of gradients, the root in the middle, each node in a sector as wide as what hangs on it.
  function placesInTree(c) {
    const view = c.view;
    const children = new Map();
    for (const [child, parent] of Object.entries(view.parents)) {
      if (!children.has(parent)) children.set(parent, []);
      children.get(parent).push(child);
    }
    const order = [view.root];
    for (let k = 0; k < order.length; k += 1) order.push(...(children.get(order[k]) ?? []).sort(compare));
    const weights = new Map();
    const depths = new Map([[view.root, 0]]);
    for (const id of [...order].reverse()) {
      weights.set(id, Math.max(1, (children.get(id) ?? []).reduce((sum, child) => sum + weights.get(child), 0)));
    }
    const result = { at: new Map([[view.root, [500, 350]]]), groups: [], radius: order.length <= 250 ? 7 : 4 };
    const sectors = new Map([[view.root, [0, 2 * Math.PI]]]);
    for (const id of order) for (const child of children.get(id) ?? []) depths.set(child, depths.get(id) + 1);
    const deepest = Math.max(1, ...depths.values());
    for (const id of order) {
      let [from, to] = sectors.get(id);
      for (const child of children.get(id) ?? []) {
        const wide = (to - sectors.get(id)[0]) * weights.get(child) / weights.get(id);
        const middle = from + wide / 2;
        sectors.set(child, [from, from + wide]);
        const reach = depths.get(child) / deepest;
        result.at.set(child, [500 + 480 * reach * Math.sin(middle), 350 - 335 * reach * Math.cos(middle)]);
        from += wide;
      }
    }
    // Whoever hangs nowhere stands in a row below.
    const rest = present(c).map((n) => n.id).filter((id) => !result.at.has(id));
    rest.forEach((id, k) => result.at.set(id, [12 + (976 * k) / Math.max(1, rest.length), 692]));
    return result;
  }

  // Circles on an ellipse, as large as they can be without touching, and how large that is.
  function centersOf(count) {
    for (let room = 330; ; room -= 5) {
      const centers = Array.from({ length: count }, (_, k) => {
        const angle = 2 * Math.PI * k / count + (count === 2 ? Math.PI : -Math.PI / 2);
        return [500 + (500 - room) * Math.cos(angle), 350 + Math.max(0, 345 - room) * Math.sin(angle)];
      });
      const isFree = centers.every(([x, y], k) => centers.slice(k + 1).every(([u, v]) => Math.hypot(x - u, y - v) >= 2 * room));
      if (isFree || room <= 20) return [centers, room];
    }
  }

  // Nodes of an institution together; places depend on nothing but who is there, unless they are very many.
  function places(c) {
    const there = present(c);
    if (there.length > MANY && c.view) return placesInTree(c);
    const groups = new Map();
    for (const node of there) {
      if (!groups.has(node.institution)) groups.set(node.institution, []);
      groups.get(node.institution).push(node.id);
    }
    const names = [...groups.keys()].sort();
    const result = { at: new Map(), groups: [], radius: 22 };
    const total = there.length;
    result.radius = total <= 12 ? 30 : total <= 24 ? 24 : total <= 64 ? 15 : total <= 250 ? 8 : 5;
    const [width, height] = [1000, 700];
    const [centers, room] = names.length > 1 ? centersOf(names.length) : [[[width / 2, height / 2]], Math.min(width, height) / 2];
    names.forEach((name, g) => {
      const ids = groups.get(name);
      const [x, y] = centers[g];
      // The name stands below.
      const reach = room - result.radius - (names.length > 1 ? 40 : 30);
      if (names.length > 1) result.groups.push({ name, x, y, reach: room - 26 });
      ids.forEach((id, k) => {
        if (ids.length === 1) { result.at.set(id, [x, y]); return; }
        const isRing = ids.length * result.radius * 2.6 < 2 * Math.PI * reach;
        const turn = isRing ? 2 * Math.PI * k / ids.length - Math.PI / 2 : k * 2.399963;
        const distance = isRing ? reach : reach * Math.sqrt((k + 0.5) / ids.length);
        const stretch = names.length > 1 ? 1 : 1.3;
        result.at.set(id, [x + distance * Math.cos(turn) * stretch, y + distance * Math.sin(turn)]);
      });
    });
    return result;
  }

  let drawn = { signature: '', nodes: new Map(), links: new Map(), places: null };

  function drawNetwork(c) {
    const graph = $('graph');
    const there = present(c);
    const isLarge = there.length > MANY && c.view;
    const signature = (isLarge ? `${c.view.number} ` : '') + there.map((n) => `${n.id}:${n.institution}`).join(' ') + '|' + [...c.links.keys()].join(' ');
    if (signature !== drawn.signature) {
      for (const child of [...graph.children]) if (child.id !== 'graph-title') child.remove();
      drawn = { signature, nodes: new Map(), links: new Map(), places: places(c) };
      for (const group of drawn.places.groups) {
        graph.append(make('circle', { class: 'group', cx: group.x, cy: group.y, r: group.reach }));
        const label = make('text', { x: group.x, y: group.y + group.reach + 18, 'text-anchor': 'middle', 'font-size': 20, class: 'faint' });
        label.textContent = group.name === '' ? 'no institution' : group.name.length > 28 ? group.name.slice(0, 27) + '…' : group.name;
        graph.append(label);
      }
      for (const [name, link] of c.links) {
        const [from, to] = [drawn.places.at.get(link.a), drawn.places.at.get(link.b)];
        if (!from || !to) continue;
        const line = make('line', { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, make('title'));
        drawn.links.set(name, line);
        graph.append(line);
      }
      for (const { id } of there) {
        const [x, y] = drawn.places.at.get(id);
        const group = make('g', { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }, make('title'));
        group.append(make('circle', { r: drawn.places.radius }), make('path', { d: '' }));
        if (drawn.places.radius >= 15) {
          const label = make('text', { 'font-size': drawn.places.radius * (id.length > 4 ? 0.55 : 0.85) });
          label.textContent = id.length > 5 ? '…' + id.slice(-4) : id;
          group.append(label);
        }
        drawn.nodes.set(id, group);
        graph.append(group);
      }
    }
    const view = c.view;
    const flows = new Set();
    for (const join of c.joins) {
      if (join.pulling === null || join.whole !== null || c.nodes.get(join.node).phase === 'gone') continue;
      for (const source of join.sources.values()) {
        if (source.bytesPlanned > 0 || source.bytes > 0) flows.add(key(join.node, source.node));
      }
    }
    const tree = new Set(view ? Object.entries(view.parents).map(([a, b]) => key(a, b)) : []);
    for (const [name, line] of drawn.links) {
      const link = c.links.get(name);
      const isInView = view && view.links.has(name);
      const isBroken = [link.a, link.b].some((id) => c.nodes.get(id).phase === 'gone');
      const kind = link.isUp === false || isBroken ? (isInView ? 'down' : '')
        : flows.has(name) ? 'flow' : tree.has(name) ? 'tree' : isInView || link.isUp ? 'up' : '';
      line.setAttribute('class', `link ${kind}`);
      const width = link.bandwidth === null ? 1 : Math.max(1, Math.min(7, Math.log10(link.bandwidth) - 5.5));
      line.setAttribute('stroke-width', (isLarge && kind === 'tree' ? 1.2 : kind === 'tree' || kind === 'flow' ? width + 1.5 : width).toFixed(1));
      // Among very many the tree is what can be seen.
      line.style.display = kind === '' || (isLarge && kind === 'up') ? 'none' : '';
      const measured = [link.bandwidth === null ? null : rate(link.bandwidth),
        link.roundTrip === null ? null : `round trip ${seconds(link.roundTrip)}`].filter((x) => x !== null);
      line.firstChild.textContent = `${link.a} – ${link.b}: ${measured.length > 0 ? measured.join(', ') : 'not measured'}`;
    }
    for (const [id, group] of drawn.nodes) {
      const node = c.nodes.get(id);
      group.setAttribute('class', `node ${node.phase}`);
      group.firstChild.textContent = `${named(c, id)}: ${WORDS[node.phase]}${view && view.root === id ? ', root of the tree' : ''}`;
      const join = node.phase === 'learning' || node.phase === 'outside' ? c.join(id) : null;
      const came = join ? [...join.sources.values()].reduce((sum, s) => sum + s.bytes, 0) : 0;
      group.childNodes[2].setAttribute('d', join && join.state ? sector(drawn.places.radius - 3, Math.min(1, came / join.state)) : '');
    }
    const alive = [...c.nodes.values()].filter((n) => n.phase !== 'gone').length;
    $('graph-title').textContent = `The network: ${alive} nodes, ${view ? view.links.size : 0} links`
      + (view ? `, gradients go to ${view.root}` : '');
  }

  function sector(radius, share) {
    if (share <= 0) return '';
    if (share >= 0.9999) return `M0 ${-radius}A${radius} ${radius} 0 1 1 0 ${radius}A${radius} ${radius} 0 1 1 0 ${-radius}Z`;
    const angle = 2 * Math.PI * share;
    const [x, y] = [radius * Math.sin(angle), -radius * Math.cos(angle)];
    return `M0 0L0 ${-radius}A${radius} ${radius} 0 ${share > 0.5 ? 1 : 0} 1 ${x.toFixed(2)} ${y.toFixed(2)}Z`;
  }

  function drawLegend() {
    const entry = (shape, text) => {
      const svg = make('svg', { viewBox: '0 0 44 20', 'aria-hidden': 'true' });
      svg.append(shape);
      const item = make('li', {}, svg);
      item.append(text);
      $('legend').append(item);
    };
    const node = (kind, d) => make('g', { class: `node ${kind}`, transform: 'translate(22 10)' },
      make('circle', { r: 8 }), make('path', { d: d ?? '' }));
    const line = (kind, width) => make('line', { class: `link ${kind}`, x1: 2, y1: 10, x2: 42, y2: 10, 'stroke-width': width });
    entry(node('training'), 'trains');
    entry(node('waiting'), 'waits for its view');
    entry(node('learning', sector(6, 0.6)), 'learns, with its part of the state');
    entry(node('halted'), 'halted');
    entry(node('outside'), 'in no view, or gone');
    entry(line('up', 2), 'link, wider with bandwidth');
    entry(line('tree', 4), 'gradients go here');
    entry(line('flow', 4), 'the state comes here');
    entry(line('down', 2), 'down');
  }

  // MARK: Tables, lanes and curves

  function fill(body, rows) {
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach((cells, k) => {
      const row = body.rows[k] ?? body.insertRow();
      cells.forEach((text, i) => {
        const cell = row.cells[i] ?? row.insertCell();
        if (cell.textContent !== text) cell.textContent = text;
      });
    });
  }

  function drawTables(c) {
    const counts = new Map();
    for (const link of c.links.values()) {
      if (link.isUp === false) continue;
      for (const id of [link.a, link.b]) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    if ($('network').querySelector('details').open) {
      fill($('nodes'), [...c.nodes.values()].sort((a, b) => compare(a.id, b.id)).map((n) =>
        [n.id, n.institution, WORDS[n.phase], `${counts.get(n.id) ?? 0}`, seconds(n.idle)]));
    }
    const some = (ids) => (ids.length > 12 ? `${ids.length}` : ids.join(' '));
    fill($('view-list'), c.views.slice(-30).reverse().map((v) =>
      [`${v.number}`, seconds(v.time), some(v.members), some(v.learners), v.why.join(', ')]));
  }

  const cards = new Map();

  function drawJoins(c) {
    const area = $('join-list');
    const shown = c.joins.slice(-8).reverse();
    const names = shown.map((j) => `${j.node}@${j.asked}`);
    for (const [name, card] of cards) if (!names.includes(name)) { card.article.remove(); cards.delete(name); }
    if (shown.length === 0) {
      if (area.textContent === '') area.textContent = 'Nobody has asked for the state.';
      return;
    }
    if (cards.size === 0) area.textContent = '';
    shown.forEach((join, k) => {
      let card = cards.get(names[k]);
      if (!card) {
        const title = make('h3');
        const text = make('p');
        const lanes = make('div', { class: 'lanes' });
        const note = make('p', { class: 'note' });
        const article = make('article', { 'aria-label': `Join of ${join.node}` }, title, text, lanes, note);
        card = { article, title, text, lanes, note, rows: new Map() };
        cards.set(names[k], card);
      }
      if (area.children[k] !== card.article) area.insertBefore(card.article, area.children[k] ?? null);
      drawJoin(c, join, card);
    });
  }

  function drawJoin(c, join, card) {
    const state = join.contributed !== null ? 'member' : join.whole !== null ? 'has the state' : join.pulling !== null ? 'pulls' : 'asks';
    card.title.textContent = `${named(c, join.node)}: ${c.nodes.get(join.node).phase === 'gone' ? 'gone' : state}`;
    card.text.textContent = told(c, join);
    const start = join.pulling ?? join.planned ?? join.asked;
    const now = join.pulling === null ? start : join.whole ?? c.time;
    const latest = Math.max(join.makespan ?? 0, now - start, 1);
    for (const [id, row] of card.rows) {
      if (!join.sources.has(id)) { row.forEach((element) => element.remove()); card.rows.delete(id); }
    }
    for (const source of [...join.sources.values()].sort((a, b) => compare(a.node, b.node))) {
      let row = card.rows.get(source.node);
      if (!row) {
        row = [make('span'), make('svg', { class: 'lane', viewBox: '0 0 300 34', preserveAspectRatio: 'none', role: 'img' }), make('span')];
        row[1].append(make('line', { class: 'axis', x1: 0, y1: 33, x2: 300, y2: 33 }), make('path', { class: 'measured' }),
          make('line', { class: 'planned' }));
        card.rows.set(source.node, row);
        card.lanes.append(...row);
      }
      const [name, lane, amount] = row;
      name.textContent = `from ${named(c, source.node)}`;
      const most = Math.max(source.bytesPlanned, source.bytes, 1);
      const x = (time) => 300 * time / latest;
      const y = (count) => 33 - 31 * count / most;
      const [, measured, planned] = lane.children;
      planned.style.display = source.finish ? '' : 'none';
      const ends = { x1: 0, y1: 33, x2: x(source.finish ?? 0), y2: y(source.bytesPlanned) };
      for (const [end, value] of Object.entries(ends)) planned.setAttribute(end, value.toFixed(2));
      let path = 'M0 33';
      let height = 33;
      for (const [time, count] of source.course) {
        path += `L${x(time - start).toFixed(2)} ${height.toFixed(2)}V${y(count).toFixed(2)}`;
        height = y(count);
      }
      const until = Math.min(300, x((join.whole ?? c.time) - start));
      measured.setAttribute('d', source.last === null ? '' : `${path}H${until.toFixed(2)}V33Z`);
      amount.textContent = source.bytesPlanned > 0 ? `${bytes(source.bytes)}, planned ${bytes(source.bytesPlanned)}` : bytes(source.bytes);
      lane.setAttribute('aria-label', `from ${named(c, source.node)}: ${amount.textContent}, `
        + `last after ${source.last === null ? '-' : seconds(source.last - start)}, planned after ${source.finish ? seconds(source.finish) : '-'}`);
    }
    card.note.textContent = join.sources.size === 0 ? '' : `0 to ${seconds(latest)}: what has come, and dashed the first plan`;
  }

  // Steps a second over the last steps, so that it is smooth and shows a halt.
  function pace(c) {
    const points = [];
    for (let k = 1; k < c.steps.length; k += 1) {
      const first = Math.max(0, k - 4);
      const time = c.steps[k][0] - c.steps[first][0];
      if (time > 0) points.push([c.steps[k][0], (c.steps[k][1] - c.steps[first][1]) / (time / 1e9)]);
    }
    const last = c.steps[c.steps.length - 1];
    // Steps that take longer than those before them show before they are done.
    if (points.length > 0) {
      const [waited, usual] = [c.time - last[0], last[0] - c.steps[c.steps.length - 2][0]];
      const before = points[points.length - 1][1];
      points.push([c.time, waited > 2 * usual ? before * usual / waited : before]);
    }
    return points;
  }

  const figures = new Map();

  function drawCurve(name, unit, points, end) {
    let figure = figures.get(name);
    if (points.length < 2) {
      if (figure) { figure.remove(); figures.delete(name); }
      return;
    }
    if (!figure) {
      figure = make('figure', {}, make('figcaption'), make('svg', { viewBox: '0 0 600 170', role: 'img' }));
      figures.set(name, figure);
      $('curves').append(figure);
    }
    const [caption, svg] = figure.children;
    const thinned = points.length <= 600 ? points : points.filter((_, k) => k % Math.ceil(points.length / 600) === 0 || k === points.length - 1);
    const values = thinned.map((p) => p[1]);
    const most = Math.max(...values);
    const least = Math.min(...values, most / 2);
    const low = least < most * 0.3 ? 0 : least;
    const span = most - low || 1;
    const x = (time) => 56 + 530 * time / Math.max(1, end);
    const y = (value) => 140 - 120 * (value - low) / span;
    svg.replaceChildren();
    for (const value of [low, low + span / 2, low + span]) {
      svg.append(make('line', { class: 'axis', x1: 56, x2: 586, y1: y(value), y2: y(value) }));
      const label = make('text', { x: 50, y: y(value) + 4, 'text-anchor': 'end', 'font-size': 12, class: 'faint' });
      label.textContent = value >= 100 ? value.toFixed(0) : value.toPrecision(3);
      svg.append(label);
    }
    for (const part of [0, 0.5, 1]) {
      const label = make('text', { x: x(end * part), y: 160, 'text-anchor': part === 0 ? 'start' : part === 1 ? 'end' : 'middle', 'font-size': 12, class: 'faint' });
      label.textContent = seconds(end * part);
      svg.append(label);
    }
    svg.append(make('polyline', { class: 'curve', points: thinned.map((p) => `${x(p[0]).toFixed(1)},${y(p[1]).toFixed(1)}`).join(' ') }));
    const now = points[points.length - 1][1];
    caption.textContent = `${name}: ${now >= 100 ? now.toFixed(0) : now.toPrecision(3)} ${unit}`;
    svg.setAttribute('aria-label', `${caption.textContent}, from ${low.toPrecision(3)} to ${most.toPrecision(3)}`);
  }

  function drawTraining(c) {
    const end = Math.max(c.time, 1);
    drawCurve('Steps a second', '', pace(c), end);
    drawCurve('Loss', 'nats', c.losses, end);
    drawCurve('Accuracy on the test rows', '%', c.accuracies, end);
    drawCurve('Idle time of a member so far', 's', c.idles, end);
    $('no-curves').textContent = figures.size > 0 ? '' : c.steps.length === 0 ? 'No step has been computed yet.'
      : `Step ${c.steps[c.steps.length - 1][1]} is computed; no other has been done yet.`;
  }

  function drawLog(c) {
    const filter = $('filter').value;
    const lines = c.log.filter((l) => filter === '' || l.kind === filter || (filter === 'trouble' && l.kind === 'loss')).slice(-NEWS).reverse();
    const area = $('log');
    while (area.children.length > lines.length) area.lastChild.remove();
    lines.forEach((line, k) => {
      const item = area.children[k] ?? area.appendChild(make('li', {}, make('time'), make('span')));
      const [when, text] = [seconds(line.time), line.node ? `${named(c, line.node)}: ${line.text}` : line.text];
      if (item.children[0].textContent !== when) item.children[0].textContent = when;
      if (item.children[1].textContent !== text) item.children[1].textContent = text;
      item.children[1].className = line.kind;
    });
  }

  function draw(c) {
    const found = problems(c);
    $('wrong').classList.toggle('some', found.length > 0);
    const items = found.map((text) => make('li', {}, text));
    const area = $('problems');
    const before = [...area.children].map((i) => i.textContent).join('\n');
    if (found.join('\n') !== before || found.length === 0) {
      if (found.length === 0) items.push(make('li', { class: 'none' }, 'Nothing is wrong.'));
      if (items.map((i) => i.textContent).join('\n') !== before) area.replaceChildren(...items);
    }
    const text = summary(c);
    if ($('summary').textContent !== text) $('summary').textContent = text;
    drawNetwork(c);
    drawTables(c);
    drawJoins(c);
    drawTraining(c);
    drawLog(c);
  }

  // MARK: A recording

  class Recording {
    constructor(story) {
      this.events = story.events;
      this.end = Math.max(1, story.end);
      this.cluster = new Cluster();
      this.next = 0;
      this.time = 0;
      this.isPlaying = false;
      this.last = null;
      $('title').textContent = story.title;
      document.title = `${story.title} – Chaos`;
      $('source').textContent = 'recorded';
      $('playback').hidden = false;
      // From real time to the whole in ten seconds.
      const whole = this.end / 1e9;
      for (const factor of [0.25, 1, 4, 16, 64, 256, 1024, 4096]) {
        if (factor <= 1 || whole / factor >= 5) {
          $('speed').append(make('option', { value: factor }, `${factor}×`));
        }
      }
      const choices = [...$('speed').options];
      $('speed').value = (choices.filter((o) => whole / Number(o.value) >= 20).pop() ?? choices[0]).value;
      $('scrub').addEventListener('input', () => { this.show(this.end * Number($('scrub').value) / 1000); });
      $('play').addEventListener('click', () => this.toggle());
      document.addEventListener('keydown', (e) => {
        if (e.key !== ' ' || ['BUTTON', 'SELECT', 'INPUT', 'SUMMARY'].includes(e.target.tagName)) return;
        e.preventDefault();
        this.toggle();
      });
      const hash = /^#t=([0-9.]+)$/.exec(location.hash);
      this.show(hash ? Math.min(this.end, Number(hash[1]) * 1e9) : this.end);
    }

    toggle() {
      this.isPlaying = !this.isPlaying;
      $('play').textContent = this.isPlaying ? 'Pause' : 'Play';
      $('play').setAttribute('aria-pressed', `${this.isPlaying}`);
      if (!this.isPlaying) return;
      if (this.time >= this.end) this.show(0);
      this.last = null;
      requestAnimationFrame((now) => this.tick(now));
    }

    tick(now) {
      if (!this.isPlaying) return;
      if (this.last === null) this.last = now;
      if (now - this.last >= 40) {
        this.show(Math.min(this.end, this.time + (now - this.last) * 1e6 * Number($('speed').value)));
        this.last = now;
      }
      if (this.time >= this.end) this.toggle();
      else requestAnimationFrame((later) => this.tick(later));
    }

    show(time) {
      if (time < this.time) {
        this.cluster = new Cluster();
        this.next = 0;
      }
      this.time = time;
      while (this.next < this.events.length && this.events[this.next].time <= time) {
        this.cluster.apply(this.events[this.next]);
        this.next += 1;
      }
      this.cluster.time = time;
      $('scrub').value = `${Math.round(1000 * time / this.end)}`;
      $('scrub').setAttribute('aria-valuetext', seconds(time));
      $('clock').textContent = `${seconds(time)} of ${seconds(this.end)}`;
      draw(this.cluster);
    }
  }

  // MARK: A living cluster

  class Live {
    constructor() {
      this.cluster = new Cluster();
      this.isDirty = false;
      // The browser connects again by itself; what comes then begins anew.
      const source = new EventSource('events');
      source.addEventListener('open', () => this.say('live', false));
      source.addEventListener('error', () => this.say('not connected, trying again', true));
      source.addEventListener('story', (e) => {
        this.cluster = new Cluster();
        const { title } = JSON.parse(e.data);
        $('title').textContent = title;
        document.title = `${title} – Chaos`;
        this.changed();
      });
      source.addEventListener('message', (e) => {
        for (const event of JSON.parse(e.data)) this.cluster.apply(event);
        this.changed();
      });
    }

    say(text, isLost) {
      $('source').textContent = text;
      $('source').classList.toggle('lost', isLost);
    }

    changed() {
      if (this.isDirty) return;
      this.isDirty = true;
      setTimeout(() => {
        this.isDirty = false;
        draw(this.cluster);
      }, 50);
    }
  }

  drawLegend();
  const recording = $('recording');
  const player = recording ? new Recording(JSON.parse(recording.textContent)) : new Live();
  $('filter').addEventListener('change', () => draw(player.cluster));
  $('network').querySelector('details').addEventListener('toggle', () => draw(player.cluster));
})();
