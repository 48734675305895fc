'use strict';
// translate: a program of the step language as plain Node JavaScript. Every operator is put in parentheses: a program is a tree.

const isObject = (x) => x !== null && typeof x === 'object' && !Array.isArray(x);
const variable = (text) => /^\$[A-Za-z]\w*$/.test(text);

// Names that a body declares with `as`, unless a visible `let` of that name is assigned.
class Scope {
  constructor(outer, names) {
    this.outer = outer;
    this.kinds = new Map((names || []).map((name) => [name, 'argument']));
  }
  isLet(name) {
    for (let scope = this; scope; scope = scope.outer) if (scope.kinds.has(name)) return scope.kinds.get(name) === 'let';
    return false;
  }
}

function translate(program) {
  let scope = new Scope(null);
  let counter = 0;
  const sizes = new Set();
  const within = (names, make) => {
    scope = new Scope(scope, names);
    const made = make();
    scope = scope.outer;
    return made;
  };

  function text(s) {
    if (variable(s)) return s.slice(1);
    const parts = s.split(/\$\{(\w+)\}/);
    return `(${parts.map((part, i) => (i % 2 ? `S.show(${part})` : JSON.stringify(part))).filter((part) => part !== '""').join(' + ') || '""'})`;
  }
  const thrown = (e) => (typeof e === 'string' && !variable(e) ? `new Error(${text(e)})` : value(e));

  const steps = (body) => body.map(step).join('\n');
  const block = (body, names) => `{\n${within(names, () => steps(body))}\n}`;

  function lambda(parts, implicit) {
    const args = parts.args || (implicit ? [implicit] : []);
    return `${parts.async ? 'async ' : ''}(${args.join(', ')}) => ${block(parts.async || parts.do, args)}`;
  }
  function callee(f, implicit) {
    if (typeof f === 'string') return f;
    if (Array.isArray(f)) return lambda({ do: f }, implicit);
    if (f.bind) return `() => ${f.bind}(${(f.args || []).map(value)})`;
    return lambda(f, implicit);
  }
  function named(name, f) {
    const parts = Array.isArray(f) ? { do: f } : f;
    return `${parts.async ? 'async ' : ''}function ${name}(${parts.args || ''}) ${block(parts.async || parts.do, parts.args)}`;
  }
  function executor(body, id) {
    const names = ['resolve', 'reject'].map((name) => (id ? `${name}_${id}` : name));
    return `(${names}) => ${block(body, names)}`;
  }

  // [kind, operand, extra] of an I/O verb
  function request(e) {
    if ('net' in e) return e.conn ? ['conn', value(e.net), `, ${JSON.stringify(e.conn)}`, 'net'] : ['net', value(e.net), '', 'net'];
    if ('pool' in e) return e.kind === 'dns' ? ['dns', value(e.pool), '', 'dns'] : ['pool', value(e.pool), '', 'pool'];
    for (const kind of ['dns', 'pbkdf2', 'zlib']) if (kind in e) return [kind, value(e[kind]), '', kind === 'zlib' ? 'data' : kind];
    const size = e.size === undefined ? 1024 : e.size;
    if (e.fs === 'readFile') sizes.add(size);
    return [e.fs, e.fs === 'readFile' ? size : 0, '', e.fs === 'readFile' ? 'data' : e.fs];
  }
  const isRequest = (e) => ['net', 'pool', 'dns', 'pbkdf2', 'zlib', 'fs'].some((verb) => verb in e);
  function start(e) {
    const [kind, operand, extra, gives] = request(e);
    if (!('cb' in e)) return `S.promised((done) => S.start.${kind}(${operand}, done${extra}), ${JSON.stringify(gives)})`;
    return `S.start.${kind}(${operand}, ${callee(e.cb, kind === 'missing' ? 'e' : null)}${extra})`;
  }

  function link(e) {
    if ('then' in e) return `.then(${callee(e.then, 'v')}${'else' in e ? ', ' + callee(e.else, 'e') : ''})`;
    return 'catch' in e ? `.catch(${callee(e.catch, 'e')})` : `.finally(${callee(e.finally)})`;
  }

  // A file that is missing is an error of Node's own, whose text says more than the language's: see plain.
  const operand = (name, e) => ((name === 'add' || name === 'lt' || name === 'gt') && typeof e !== 'number' ? `S.plain(${value(e)})` : value(e));
  const operators = { add: '+', sub: '-', mul: '*', mod: '%', eq: '===', lt: '<', gt: '>' };
  function value(e) {
    if (e === null || e === undefined) return 'undefined';
    if (typeof e === 'number') return Object.is(e, -0) ? '-0' : `(${e})`;
    if (typeof e === 'boolean') return String(e);
    if (typeof e === 'string') return text(e);
    if (Array.isArray(e)) return `[${e.map(value)}]`;
    if ('await' in e) return `(await ${value(e.await)})`;
    if ('resolved' in e) return `Promise.resolve(${value(e.resolved)})`;
    if ('rejected' in e) return `Promise.reject(${thrown(e.rejected)})`;
    if ('promise' in e) return `new Promise(${executor(e.promise, e.id)})`;
    if ('thenable' in e) return `({ then: ${executor(e.thenable, e.id)} })`;
    if ('chain' in e) return `(${value(e.chain[0])})${e.chain.slice(1).map(link).join('')}`;
    if ('async' in e) return `(${lambda({ async: e.async })})()`;
    if ('call' in e) return `${e.call}(${(e.args || []).map(value)})`;
    for (const kind of ['all', 'race', 'any', 'allSettled'])
      if (kind in e) return `Promise.${kind}([${e[kind].map((x) => value(Array.isArray(x) ? { async: x } : x))}])`;
    if ('sleep' in e) return `S.sleep(${value(e.sleep)}${'value' in e ? ', ' + value(e.value) : ''})`;
    if ('fsp' in e) {
      const size = e.size === undefined ? 1024 : e.size;
      if (e.fsp === 'readFile') sizes.add(size);
      return `S.promises.${e.fsp}(${size})`;
    }
    if (isRequest(e)) return start(e);
    if ('error' in e) return `new Error(${text(e.error)})`;
    if ('not' in e) return `(!${value(e.not)})`;
    for (const name of Object.keys(operators)) if (name in e) return `(${e[name].map((x) => operand(name, x)).join(` ${operators[name]} `)})`;
    throw new Error('no expression: ' + JSON.stringify(e));
  }

  // The left side that `as` makes.
  function named_as(name) {
    if (scope.isLet(name)) return `${name} = `;
    scope.kinds.set(name, 'as');
    return `let ${name} = `;
  }
  const bound = (e, code) => (e.as !== undefined ? named_as(e.as) : ';') + code + ';';

  function interval(e) {
    if (!('times' in e)) return bound(e, `setInterval(${callee(e.setInterval)}, ${value(e.ms)})`);
    const n = ++counter, name = e.as || `interval_${n}`;
    const run = Array.isArray(e.setInterval) ? `(() => ${block(e.setInterval)})();` : `${e.setInterval}();`;
    return `let runs_${n} = 0;\n${named_as(name)}setInterval(() => { ${run} if (++runs_${n} === ${e.times}) clearInterval(${name}); }, ${value(e.ms)});`;
  }
  const listener = (e) => callee(e.do, /^(uncaughtException|unhandledRejection|error)$/.test(e.event) ? 'e' : 'v');

  const statements = {
    log: (e) => `S.print(${value(e.log)});`,
    cpu: (e) => `S.spin(${value(e.cpu)});`,
    let: (e) => Object.entries(e.let).map(([name, x]) => {
      const code = `let ${name} = ${value(x)};`;
      scope.kinds.set(name, 'let');
      return code;
    }).join('\n'),
    set: (e) => Object.entries(e.set).map(([name, x]) => `${name} = ${value(x)};`).join('\n'),
    inc: (e) => ('by' in e ? `${e.inc} += ${value(e.by)};` : `${e.inc}++;`),
    if: (e) => `if (${value(e.if)}) ${block(e.then || [])}${e.else ? ' else ' + block(e.else) : ''}`,
    repeat: (e) => {
      const name = e.as || `turn_${++counter}`;
      return within([name], () => `for (let ${name} = 1; ${name} <= ${value(e.repeat)}; ${name}++) ${block(e.do)}`);
    },
    while: (e) => `while (${value(e.while)}) ${block(e.do)}`,
    each: (e) => `for (const ${e.as} of ${value(e.each)}) ${block(e.do, [e.as])}`,
    return: (e) => `return ${value(e.return)};`,
    throw: (e) => `throw ${thrown(e.throw)};`,
    try: (e) => `try ${block(e.try)}${e.catch ? ` catch (${e.as || 'e'}) ${block(e.catch, [e.as || 'e'])}` : ''}${e.finally ? ` finally ${block(e.finally)}` : ''}`,
    setTimeout: (e) => bound(e, `setTimeout(${callee(e.setTimeout)}, ${value(e.ms)})`),
    setInterval: interval,
    setImmediate: (e) => bound(e, `setImmediate(${callee(e.setImmediate)})`),
    nextTick: (e) => `process.nextTick(${callee(e.nextTick)});`,
    queueMicrotask: (e) => `queueMicrotask(${callee(e.queueMicrotask)});`,
    clear: (e) => `S.clear(${e.clear});`,
    ref: (e) => `S.ref(${e.ref});`,
    unref: (e) => `S.unref(${e.unref});`,
    refresh: (e) => `${e.refresh}.refresh();`,
    resolve: (e) => `resolve${e.of ? '_' + e.of : ''}(${value(e.resolve)});`,
    reject: (e) => `reject${e.of ? '_' + e.of : ''}(${thrown(e.reject)});`,
    deferred: (e) => {
      scope.kinds.set(e.deferred, 'as');
      return `let resolve_${e.deferred}, reject_${e.deferred};\nlet ${e.deferred} = new Promise((a, b) => { resolve_${e.deferred} = a; reject_${e.deferred} = b; });`;
    },
    sync: (e) => {
      const [kind, operand] = request(e.sync);
      return `S.sync.${kind}(${operand});`;
    },
    emitter: (e) => {
      scope.kinds.set(e.emitter, 'as');
      return `const ${e.emitter} = S.emitter();`;
    },
    on: (e) => `${e.on}.on(${JSON.stringify(e.event)}, ${listener(e)});`,
    once: (e) => `${e.once}.once(${JSON.stringify(e.event)}, ${listener(e)});`,
    off: (e) => (e.do ? `${e.off}.off(${JSON.stringify(e.event)}, ${listener(e)});` : `${e.off}.removeAllListeners(${JSON.stringify(e.event)});`),
    emit: (e) => `${e.emit}.emit(${[JSON.stringify(e.event), ...(e.args || []).map(e.event === 'error' ? thrown : value)]});`,
    open: (e) => `${named_as(e.open)}S.open();`,
    close: (e) => `S.close(${e.close}${e.cb ? ', ' + callee(e.cb) : ''});`,
    exit: (e) => `process.exit(${e.exit});`,
    serve: (e) => `S.serve(${value(e.serve)}, ${callee(e.handler, 'v')});`,
    listen: (e) => `S.listen(${value(e.listen)}, ${callee(e.onConnection || [], 'v')}, ${callee(e.onRequest, 'v')});`,
    respond: (e) => `S.respond(${value(e.respond)});`,
  };
  function step(e) {
    if (typeof e === 'string') return `S.print(${text(e)});`;
    const verbs = Object.keys(e);
    // The verb is the first key that names a statement and is not a modifier of another one.
    if ('try' in e) return statements.try(e);
    if ('if' in e) return statements.if(e);
    if ('chain' in e || 'await' in e) return bound(e, value(e));
    const verb = verbs.find((key) => statements[key]);
    return verb ? statements[verb](e) : bound(e, value(e));
  }

  const esm = program.module === 'esm';
  const vars = program.vars ? steps([{ let: program.vars }]) : '';
  const functions = Object.entries(program.functions || {}).map(([name, f]) => named(name, f)).join('\n');
  const main = steps(program.main);
  return (esm ? "import S from './support.js';\n" : "'use strict';\nconst S = require('./support.js');\n") +
    (program.threads ? `process.env.UV_THREADPOOL_SIZE = '${program.threads}';\n` : '') +
    (sizes.size ? `S.prepare([${[...sizes]}]);\n` : '') + [vars, functions, main].join('\n') + '\n';
}

module.exports = { translate, isObject };
