'use strict';
// generate: random programs of the step language, valid by construction: every name is visible where it stands, loops end, durations keep
// apart. Each comes with what it covers: the verbs, in which callback each stands, and how callbacks nest.

function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 4294967296;
  };
}

const FAMILIES = ['micro', 'timers', 'io', 'pool', 'errors', 'events', 'values', 'esm', 'exit', 'server', 'mixed'];
const WAITS = { timer: [12, 23, 35, 47, 58], net: [16, 28, 40, 52], pool: [18, 31, 43, 55], dns: [20, 33, 46] };
const NUMBERS = [0, 1, 2, 3, 7, -1, -5, 0.1, 0.2, 0.5, 1.5, 1e21, 1e-7, 123456789012345680000, 1e300, -0, 4294967296, 2 ** 53, 0.000001, 5e-324];

function generate(seed, family) {
  const next = random(Math.imul(seed, 2654435761) ^ 0x5bd1e995);
  const below = (n) => Math.floor(next() * n);
  const one = (list) => list[below(list.length)];
  const chance = (p) => next() < p;
  const kind = family || FAMILIES[seed % FAMILIES.length];
  const cover = new Set();
  const use = (verb, at) => cover.add(`${at} > ${verb}`);

  const is = (...names) => names.includes(kind);
  const timed = !is('micro', 'values') || chance(0.2);
  const errors = is('errors', 'exit') || chance(0.25);
  const oneWorker = is('pool') ? chance(0.5) : chance(0.3);
  const threads = is('pool', 'mixed', 'io') && !is('esm') ? (oneWorker ? 1 : one([2, 3, 4, 8])) : oneWorker && kind !== 'esm' ? 1 : undefined;
  const files = threads === 1; // real files and hashes take what they take: only behind one another
  let budget = 10 + below(26), names = 0, labels = 0, zero = false, listens = false, spins = 0;
  const label = (prefix) => (prefix || 'L') + ++labels;

  // Scopes of names: [name, sort], sort: let, number, promise, timer, interval, immediate, request, handle, emitter, deferred, value
  let scope = { names: [], outer: null, loops: 0 };
  const fresh = (prefix) => prefix + ++names;
  const declare = (name, sort) => { scope.names.push([name, sort]); return name; };
  function visible(...sorts) {
    const found = [];
    for (let s = scope; s; s = s.outer) for (const [name, sort] of s.names) if (sorts.includes(sort)) found.push(name);
    return found;
  }
  function within(pairs, make) {
    scope = { names: pairs, outer: scope };
    const made = make();
    scope = scope.outer;
    return made;
  }
  // What is declared inside is invisible outside, but `as` handles are remembered as in JavaScript: by scope.

  const functions = {};
  const signatures = [];

  // ---- values ----
  function text() {
    const known = visible('value', 'number', 'let', 'promise', 'timer', 'request', 'handle', 'emitter', 'error');
    return known.length && chance(0.6) ? `${label('t')} \${${one(known)}}` : label('t');
  }
  function plain(depth) {
    const k = below(depth > 0 ? 13 : 5), two = () => [plain(depth - 1), plain(depth - 1)];
    const known = visible('value', 'number', 'let', 'promise', 'error', 'emitter');
    switch (k) {
      case 0: return one(NUMBERS);
      case 1: return text();
      case 2: return one([true, false, null, '', 'x', '10', ' 7 ', 'abc']);
      case 3: return known.length ? '$' + one(known) : below(10);
      case 4: return below(10);
      case 5: case 6: return { add: two() };
      case 7: return { [one(['sub', 'mul', 'mod'])]: two() };
      case 8: return { [one(['eq', 'lt', 'gt'])]: two() };
      case 9: return { not: plain(depth - 1) };
      case 10: return Array.from({ length: below(4) }, () => plain(depth - 1));
      case 11: return { error: text() };
      default: return { [one(['add', 'mul'])]: [below(100), one(NUMBERS)] };
    }
  }
  const value = (c, depth) => (chance(0.35) ? promise(c, depth) : chance(0.12) ? { thenable: settler(c, depth, 'thenable') } : chance(0.5) ? label('v') : plain(2));

  function settler(c, depth, at) {
    return within([], () => {
      const inner = { ...c, at, async: false, loop: 0 };
      const body = depth > 0 && chance(0.4) ? statements(inner, depth - 1, 1 + below(2)) : [label(at[0])];
      const end = chance(0.8) ? { resolve: chance(0.7) ? label('v') : value(c, depth - 1) } : { reject: label('e') };
      if (timed && chance(0.2)) body.push({ setTimeout: [label(), end], ms: one(WAITS.timer) });
      else if (chance(0.15)) body.push({ [one(['nextTick', 'queueMicrotask', 'setImmediate'])]: [label(), end] });
      else body.push(end);
      if (chance(0.15)) body.push(chance(0.5) ? { resolve: label('late') } : { reject: label('late') });
      if (errors && chance(0.15)) body.push({ throw: label('e') });
      return body;
    });
  }

  function io(c) {
    const k = below(files ? 10 : 4);
    use(['net', 'pool', 'net', 'dns', 'fs', 'fs', 'pbkdf2', 'zlib', 'fs', 'conn'][k], c.at);
    switch (k) {
      case 0: case 2: return { net: one(WAITS.net) };
      case 1: return chance(0.2) ? { pool: one(WAITS.dns), kind: 'dns' } : { pool: one(WAITS.pool), ...(chance(0.2) ? { kind: 'fs' } : {}) };
      case 3: return { dns: one(WAITS.dns) };
      case 4: return { fs: 'stat' };
      case 5: return { fs: 'readFile', size: one([10, 1024, 600000]) };
      case 6: return { pbkdf2: 4000 };
      case 7: return { zlib: 60000 };
      case 8: return { fs: one(['open', 'missing']) };
      default: return { net: one(WAITS.net), conn: fresh('c') };
    }
  }

  // ---- promises ----
  function promise(c, depth) {
    const known = visible('promise', 'deferred');
    const k = depth <= 0 ? below(4) : below(14);
    const mark = (verb, e) => { use(verb, c.at); return e; };
    switch (k) {
      case 0: return mark('resolved', { resolved: chance(0.5) ? label('v') : null });
      case 1: return errors || chance(0.4) ? mark('rejected', { rejected: chance(0.9) ? label('e') : { add: [1, 2] } }) : mark('resolved', { resolved: label('v') });
      case 2: case 3: return known.length ? '$' + one(known) : { resolved: label('v') };
      case 4: return mark('promise', { promise: settler(c, depth, 'promise') });
      case 5: case 6: return mark('async', { async: body('async', depth - 1, true, []) });
      case 7: case 8: return chain(c, depth - 1);
      case 9: case 10: {
        const verb = one(['all', 'race', 'any', 'allSettled']);
        const elements = Array.from({ length: below(4) }, () => {
          if (chance(0.2)) return body('element', depth - 2, true, []);
          const x = value(c, depth - 2);
          return Array.isArray(x) ? { resolved: x } : x; // an array would be a body
        });
        return mark(verb, { [verb]: elements });
      }
      case 11: return timed ? mark('sleep', { sleep: one(WAITS.timer), ...(chance(0.6) ? { value: chance(0.8) ? label('s') : value(c, 0) } : {}) }) : { resolved: { resolved: label('v') } };
      case 12: return timed ? (files && chance(0.4) ? mark('fsp', { fsp: one(['stat', 'stat', 'missing']) }) : io(c)) : { resolved: { thenable: [{ resolve: label('v') }] } };
      default: return signatures.length ? call(c) : { resolved: { resolved: label('v') } };
    }
  }
  function chain(c, depth) {
    use('chain', c.at);
    const links = [thenable_free(promise(c, depth - 1))];
    for (let i = 1 + below(4); i > 0; i--) {
      const k = below(7);
      if (k < 4) links.push({ then: handler('then', depth, 'v'), ...(chance(0.25) ? { else: handler('else', depth, 'e') } : {}) });
      else if (k < 6) links.push({ catch: handler('catch', depth, 'e') });
      else links.push({ finally: handler('finally', depth, null) });
    }
    if (!errors || chance(0.6)) links.push({ catch: [`${label('end')} \${e}`] });
    return { chain: links };
  }
  const thenable_free = (e) => (e !== null && typeof e === 'object' && 'call' in e ? { resolved: e } : e);
  function handler(at, depth, argument) {
    if (signatures.length && chance(0.08)) return chance(0.5) ? one(signatures).name : bind();
    const async = chance(0.15), renamed = argument && chance(0.15) ? fresh('a') : argument;
    const made = body(at, depth - 1, async, renamed && !(async && renamed === argument) ? [[renamed, 'value']] : []);
    if (renamed && !(async && renamed === argument)) made[0] = `${label('h')} \${${renamed}}`;
    if (chance(0.35)) made.push({ return: within(renamed && !async ? [[renamed, 'value']] : [], () => value({ at, async }, depth - 1)) });
    else if (chance(0.2)) made.push({ throw: label('e') });
    if (async) return renamed !== argument ? { async: made, args: [renamed] } : { async: made };
    return renamed !== argument ? { args: [renamed], do: made } : made;
  }

  // ---- functions ----
  function bind() {
    use('bind', 'value');
    const f = one(signatures);
    return { bind: f.name, args: f.args.map(() => plain(1)) };
  }
  function call(c) {
    use('call', c.at);
    const f = one(signatures);
    return { call: f.name, args: f.args.slice(0, chance(0.9) ? f.args.length : 0).map(() => (chance(0.3) ? value(c, 0) : plain(1))) };
  }
  function callback(at, depth, pairs) {
    const k = below(20);
    if (signatures.length && k === 0) return one(signatures).name;
    if (signatures.length && k === 1) return bind();
    if (k === 2) { use('async callback', at); return { async: body(at, depth, true, []) }; }
    return body(at, depth, false, pairs || []);
  }

  // ---- bodies ----
  function body(at, depth, async, pairs) {
    return within(pairs, () => [label(at.slice(0, 2)), ...(depth > 0 ? statements({ at, async, loop: 0 }, depth, 1 + below(4)) : [])]);
  }
  function statements(c, depth, n) {
    const made = [];
    for (let i = 0; i < n && budget > 0; i++) {
      budget--;
      const step = statement(c, depth);
      if (Array.isArray(step)) made.push(...step);
      else if (step) made.push(step);
    }
    return made;
  }
  function block(c, depth, pairs) {
    return within(pairs || [], () => [label('b'), ...(depth > 0 ? statements(c, depth - 1, 1 + below(2)) : [])]);
  }

  const weights = {
    log: 3, print: is('values') ? 14 : 2, tick: 4, micro: 4, immediate: 4, timeout: timed ? 5 : 1, interval: timed ? 2 : 0, handle: 4, chain: 5, made: 4,
    await: 8, io: timed ? (is('io', 'pool') ? 9 : 4) : 0, cpu: timed ? 1 : 0, sync: timed && files ? 1 : 0, variables: is('values') ? 8 : 3, branch: is('values') ? 5 : 2,
    loop: is('values') ? 5 : 2, attempt: errors ? 4 : 2, throw: errors ? 3 : 0, return: 1, call: 3, emitter: is('events') ? 5 : 1, emit: is('events') ? 8 : 2, deferred: 2,
    settle: 3, open: 2, exit: is('exit') ? 2 : 0, process: is('errors', 'exit') ? 2 : 0,
  };
  const total = Object.values(weights).reduce((a, b) => a + b);

  function statement(c, depth) {
    let x = next() * total, what;
    for (what of Object.keys(weights)) if ((x -= weights[what]) < 0) break;
    return steps[what](c, depth);
  }
  function keep(c, verb, step, sort) {
    use(verb, c.at);
    if (!chance(0.4)) return step;
    const name = fresh(sort[0]);
    declare(name, sort);
    return { ...step, as: name };
  }
  function timerAs(c, depth, verb, make) {
    const name = fresh('t');
    if (!chance(0.45)) { use(verb, c.at); return make(null); }
    declare(name, verb === 'setImmediate' ? 'immediate' : verb === 'setInterval' ? 'interval' : 'timer');
    use(verb, c.at);
    return { ...make(name), as: name };
  }

  const steps = {
    log: () => (chance(0.5) ? text() : label()),
    print: (c) => { use('log', c.at); return chance(0.5) ? { log: plain(3) } : text(); },
    tick: (c, d) => { use('nextTick', c.at); return { nextTick: callback('nextTick', d - 1) }; },
    micro: (c, d) => { use('queueMicrotask', c.at); return { queueMicrotask: callback('microtask', d - 1) }; },
    immediate: (c, d) => timerAs(c, d, 'setImmediate', () => ({ setImmediate: callback('immediate', d - 1) })),
    timeout: (c, d) => timerAs(c, d, 'setTimeout', () => {
      const ms = timed && !chance(0.3) ? one(WAITS.timer) : one([0, 0, 1, 0.5, -3]);
      if (ms <= 1) zero = true;
      return { setTimeout: callback('timeout', d - 1), ms };
    }),
    interval: (c, d) => {
      use('setInterval', c.at);
      if (chance(0.6)) return timerAs(c, d, 'setInterval', () => ({ setInterval: body('interval', d - 1, false, []).filter((s) => !(s && typeof s === 'object' && ('throw' in s || 'if' in s))), ms: one([14, 25]), times: 1 + below(3) }));
      const name = fresh('t'), count = fresh('n');
      scope.names.push([count, 'number'], [name, 'interval']);
      const run = body('interval', d - 1, false, []).filter((s) => !(s && typeof s === 'object' && ('return' in s || 'throw' in s)));
      return [{ let: { [count]: 0 } }, { setInterval: [{ inc: count }, { if: { gt: ['$' + count, 1 + below(3)] }, then: [{ clear: name }, label('stop')] }, ...run], ms: one([14, 25]), as: name }];
    },
    handle: (c, d) => {
      const list = visible('timer', 'interval', 'immediate', 'request', 'handle');
      if (!list.length) return label();
      const name = one(list), sorts = (sort) => visible(sort).includes(name);
      if (sorts('handle')) { use('unref handle', c.at); return { [one(['ref', 'unref'])]: name }; }
      const verbs = sorts('timer') && c.at !== 'timeout' && c.at !== 'interval' ? ['clear', 'clear', 'ref', 'unref', 'refresh'] : sorts('interval') ? ['clear'] : sorts('request') ? ['clear'] : ['clear', 'ref', 'unref'];
      const verb = one(verbs);
      use(verb, c.at);
      return chance(0.4) ? { [verb]: name } : timed && chance(0.4) ? { setTimeout: [label('hd'), { [verb]: name }], ms: one(WAITS.timer) }
        : { [one(['nextTick', 'queueMicrotask', 'setImmediate'])]: [label('hd'), { [verb]: name }] };
    },
    chain: (c, d) => keep(c, 'chain', chain(c, d), 'promise'),
    made: (c, d) => {
      const p = thenable_free(promise(c, d));
      if (p === null || typeof p !== 'object') return { chain: [p, { catch: [`${label('end')} \${e}`] }] };
      return errors && chance(0.4) ? keep(c, 'promise value', p, 'promise') : { chain: [p, { then: handler('then', d - 1, 'v') }, { catch: [`${label('end')} \${e}`] }] };
    },
    await: (c, d) => {
      if (!c.async) return steps.micro(c, d);
      use('await', c.at);
      const name = fresh('x');
      if (chance(0.25)) {
        declare(name, 'value');
        return { add: [{ await: value(c, d - 1) }, one([label('+'), { await: value(c, 0) }, 1])], as: name };
      }
      const awaited = value(c, d - 1);
      return chance(0.6) ? { try: [{ await: awaited, as: name }, `${label('a')} \${${name}}`], catch: [`${label('a')} caught \${e}`], ...(chance(0.3) ? { finally: block(c, d - 1) } : {}) }
        : [{ await: awaited }, label('a')];
    },
    io: (c, d) => {
      const e = io(c);
      const step = { ...e, cb: callback('fs' in e || 'pool' in e || 'pbkdf2' in e || 'zlib' in e || 'dns' in e ? 'completion' : 'readable', d - 1, e.fs === 'missing' ? [['e', 'error']] : []) };
      return 'net' in e && !e.conn && chance(0.4) ? { ...step, as: declare(fresh('r'), 'request') } : step;
    },
    cpu: (c) => { use('cpu', c.at); return ++spins > 4 ? label() : { cpu: one([5, 13, 21, 33]) }; },
    sync: (c) => { use('sync', c.at); return { sync: one([{ fs: 'stat' }, { fs: 'readFile' }, { pool: 7 }, { pbkdf2: 4000 }, { zlib: 30000 }]) }; },
    variables: (c) => {
      const k = below(4), known = visible('let', 'number');
      if (k === 0 || !known.length) {
        const name = fresh('n'), number = chance(0.6);
        use('let', c.at);
        const made = { let: { [name]: number ? one(NUMBERS) : plain(2) } };
        declare(name, number ? 'number' : 'let');
        return made;
      }
      const name = one(known);
      use(k === 1 ? 'set' : 'inc', c.at);
      return k === 1 ? { set: { [name]: plain(2) } } : k === 2 ? { inc: name } : { inc: name, by: one([2, -1, 0.1, 'z', plain(1)]) };
    },
    branch: (c, d) => { use('if', c.at); return { if: plain(2), then: block(c, d), ...(chance(0.5) ? { else: block(c, d) } : {}) }; },
    loop: (c, d) => {
      const k = below(3);
      if (c.loop > 1) return label();
      const inner = { ...c, loop: c.loop + 1 };
      if (k === 0) {
        use('repeat', c.at);
        const name = fresh('i');
        return chance(0.7) ? { repeat: 1 + below(3), as: name, do: within([[name, 'value']], () => [`${label('b')} \${${name}}`, ...(d > 0 ? statements(inner, d - 1, 1 + below(2)) : [])]) }
          : { repeat: below(3), do: block(inner, d) };
      }
      if (k === 1) {
        use('each', c.at);
        const name = fresh('i');
        return { each: Array.from({ length: below(4) }, () => plain(1)), as: name, do: within([[name, 'value']], () => [`${label('b')} \${${name}}`, ...(d > 0 ? statements(inner, d - 1, 1 + below(2)) : [])]) };
      }
      use('while', c.at);
      const name = fresh('w'); // nothing else may change it
      return [{ let: { [name]: 0 } }, { while: { lt: ['$' + name, 1 + below(3)] }, do: [{ inc: name }, ...block(inner, d)] }];
    },
    attempt: (c, d) => {
      use('try', c.at);
      const guarded = block(c, d);
      const leave = () => (chance(0.12) && c.at !== 'main' ? [{ return: label('rv') }] : chance(0.15) ? [{ throw: label('e') }] : []);
      if (chance(0.6)) guarded.push(chance(0.8) ? { throw: chance(0.8) ? label('e') : plain(1) } : { emit: 'process', event: 'nobody' });
      const made = { try: guarded };
      if (chance(0.85)) {
        const name = chance(0.2) ? fresh('er') : 'e';
        if (name !== 'e') made.as = name;
        made.catch = within([[name, 'error']], () => [`${label('k')} \${${name}}`, ...(d > 0 ? statements(c, d - 1, below(2)) : []), ...leave()]);
      }
      if (!made.catch || chance(0.35)) { use('finally block', c.at); made.finally = [...block(c, d), ...leave()]; }
      guarded.forEach((s, i) => { if (s.emit === 'process') guarded[i] = { throw: label('e') }; });
      return made;
    },
    throw: (c) => { use('throw', c.at); return chance(0.5) ? { throw: label('U') } : label(); },
    return: (c, d) => (c.at === 'interval' || c.at === 'main' || c.at === 'promise' || c.at === 'thenable' ? label() : { if: plain(1), then: [{ return: c.async && chance(0.5) ? value(c, d - 1) : label('rv') }] }),
    call: (c, d) => (signatures.length ? keep(c, 'call', call(c), 'value') : label()),
    emitter: (c, d) => {
      const known = visible('emitter');
      if (!known.length || chance(0.2)) { use('emitter', c.at); return { emitter: declare(fresh('ee'), 'emitter') }; }
      const verb = chance(0.4) ? 'once' : 'on', event = one(['x', 'x', 'y', 'error']);
      use(verb, c.at);
      return { [verb]: one(known), event, do: callback('listener', d - 1, [[event === 'error' ? 'e' : 'v', 'value']]) };
    },
    emit: (c) => {
      const known = visible('emitter');
      if (!known.length || c.at === 'listener') return label();
      use('emit', c.at);
      const event = one(['x', 'x', 'y', errors ? 'error' : 'x']);
      return { emit: one(known), event, args: event === 'error' ? [label('e')] : Array.from({ length: below(3) }, () => plain(1)) };
    },
    deferred: (c) => { use('deferred', c.at); return { deferred: declare(fresh('d'), 'deferred') }; },
    settle: (c, d) => {
      const known = visible('deferred');
      if (!known.length) return label();
      const of = one(known), step = chance(0.7) ? { resolve: value(c, d - 1), of } : { reject: label('e'), of };
      use('settle', c.at);
      return chance(0.4) ? step : { [one(['nextTick', 'queueMicrotask', 'setImmediate'])]: [label(), step] };
    },
    open: (c, d) => {
      const known = visible('handle');
      const name = known.length && chance(0.4) ? one(known) : fresh('h'), made = [];
      if (!known.includes(name)) { made.push({ open: name }); declare(name, 'handle'); }
      const close = { close: name, ...(chance(0.8) ? { cb: callback('closed', d - 1) } : {}) };
      use('close', c.at);
      if (!known.includes(name) && chance(0.5)) made.push(timed && chance(0.5) ? { setTimeout: [label(), close], ms: one(WAITS.timer) } : { setImmediate: [label(), close] });
      else made.push(close);
      return made;
    },
    exit: (c) => { use('exit', c.at); return chance(0.35) ? { exit: one([0, 1, 3, 7, 42, 255]) } : label(); },
    process: (c, d) => {
      const event = one(['exit', 'beforeExit', 'uncaughtException', 'unhandledRejection', 'rejectionHandled']);
      use(`process ${event}`, c.at);
      if (event === 'beforeExit') return { once: 'process', event, do: body('beforeExit', d - 1, false, [['v', 'value']]) };
      return { on: 'process', event, do: body(event, Math.min(1, d - 1), false, [[/^un/.test(event) ? 'e' : 'v', 'value']]) };
    },
  };

  // ---- the whole ----
  const main = [];
  if (is('errors') || (errors && chance(0.5))) {
    if (chance(0.7)) main.push({ on: 'process', event: 'uncaughtException', do: ['UE ${e}'] });
    if (chance(0.6)) main.push({ on: 'process', event: 'unhandledRejection', do: ['UR ${e}'] });
    if (chance(0.5)) main.push({ on: 'process', event: 'rejectionHandled', do: ['RH'] });
  } else if (chance(0.8)) main.push({ on: 'process', event: 'unhandledRejection', do: ['UR ${e}'] });
  if (chance(0.4)) main.push({ on: 'process', event: 'exit', do: ['exit ${v}'] });
  for (let i = below(3); i > 0; i--) {
    const name = fresh('f'), args = Array.from({ length: below(3) }, () => fresh('a')), async = chance(0.5);
    budget += 2;
    const made = within(args.map((a) => [a, 'value']), () => [label('f'), ...(args.length ? [`${label('f')} \${${args[0]}}`] : []), ...statements({ at: async ? 'async' : 'function', async, loop: 0 }, 2, 1 + below(3))]);
    if (chance(0.6)) made.push({ return: within(args.map((a) => [a, 'value']), () => (async ? value({ at: 'async', async }, 1) : plain(1))) });
    functions[name] = async ? { async: made, ...(args.length ? { args } : {}) } : args.length ? { args, do: made } : made;
    signatures.push({ name, args, async });
  }
  if (is('server') && chance(0.5)) {
    use('serve', 'main');
    main.push({ serve: [8, 20, 33].slice(0, 1 + below(3)), handler: callback('request', 2, [['v', 'value']]) });
  } else if (is('server')) {
    use('listen', 'main');
    const answer = timed && chance(0.5) ? [{ setTimeout: [label('rs'), { respond: '$v' }], ms: one(WAITS.timer) }] : [{ respond: '$v' }];
    main.push({ listen: [9, 9, 9, 40].slice(0, 1 + below(4)), onConnection: [`${label('co')} ${'${v}'}`, { nextTick: [label()] }], onRequest: [...body('request', 1, false, [['v', 'value']]), ...answer] });
  }
  main.push(...statements({ at: 'main', async: kind === 'esm', loop: 0 }, 3, 3 + below(5)));
  if (zero && kind !== 'esm') main.push({ cpu: 4 });
  const program = { name: `${kind} ${seed}` };
  if (kind === 'esm') program.module = 'esm';
  if (threads) program.threads = threads;
  if (signatures.length) program.functions = functions;
  program.main = main;
  // A program stands in a file: what JSON cannot hold (-0 prints as 0) is lost here.
  return { program: JSON.parse(JSON.stringify(program)), cover, family: kind };
}

module.exports = { generate, random, FAMILIES };
