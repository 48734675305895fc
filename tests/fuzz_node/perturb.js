'use strict';
// perturb: the same program with every duration a little longer, a little time between any two steps and, in callbacks, after the last
// one: what a callback has started may be over, and more than one of it, before the loop looks again. For the same reason the loop is
// sometimes kept busy when something is about to end. A program whose output changes under it depends on a race, and real time may decide
// it either way.

const bodies = new Set(['main', 'then', 'else', 'catch', 'finally', 'do', 'try', 'cb', 'async', 'promise', 'thenable', 'setTimeout', 'setInterval', 'setImmediate',
  'nextTick', 'queueMicrotask', 'handler', 'onConnection', 'onRequest']);
const callbacks = new Set(['cb', 'setTimeout', 'setInterval', 'setImmediate', 'nextTick', 'queueMicrotask', 'handler', 'onConnection', 'onRequest']);
const ends = /^(return|throw|exit|break|continue)$/;
const times = new Set(['net', 'pool', 'dns', 'cpu']);
const combined = new Set(['all', 'race', 'any', 'allSettled']);

function perturb(program, next) {
  const timers = new Map(); // one duration stays one list of timers
  const later = (ms) => {
    if (!timers.has(ms)) timers.set(ms, ms + (ms > 1 ? Math.floor(next() * 3) : 0));
    return timers.get(ms);
  };
  const pause = () => ({ cpu: `${Math.floor(next() * (next() < 0.1 ? 1500 : 120))}us` });
  const busy = next() < 0.5; // this variant's loop, now and then
  // Behind one worker, a task ahead of a file request makes that one late.
  const delays = program.threads === 1 && !busy;
  const ending = (step) => typeof step === 'object' && JSON.stringify(step).match(/"(?:net|pool|dns)":([0-9.]+)/);
  const isFile = (e) => e && typeof e === 'object' && ('fs' in e || 'fsp' in e || 'pbkdf2' in e || 'zlib' in e);

  function steps(body, callback) {
    const made = [], last = body[body.length - 1];
    for (const step of body) {
      made.push(pause());
      if (delays && (isFile(step) || JSON.stringify(step).match(/"(fsp?|pbkdf2|zlib)":/)) && next() < 0.6) made.push({ pool: next() * 4, cb: [] });
      const end = busy && next() < 0.6 && ending(step);
      if (end) made.push({ net: Math.max(1, +end[1] + next() * 4.5 - 2.5), cb: [{ cpu: `${1000 + Math.floor(next() * 6000)}us` }] });
      // What real work takes is the machine's: reading a file while one waits for it may take next to nothing.
      if (step && step.sync && !('as' in step) && next() < 0.5) made.push(pause());
      else made.push(change(step, null));
    }
    if (callback && last && !(typeof last === 'object' && ends.test(Object.keys(last)[0]))) made.push(pause());
    return made;
  }
  function change(e, key) {
    if (Array.isArray(e)) return bodies.has(key) ? steps(e, callbacks.has(key)) : e.map((x) => (combined.has(key) && Array.isArray(x) ? steps(x) : change(x, null)));
    if (e === null || typeof e !== 'object') return e;
    const made = {};
    for (const [name, x] of Object.entries(e)) {
      if (times.has(name) && typeof x === 'number') made[name] = x + next() * (name === 'cpu' ? 0.7 : name === 'dns' ? 4 : 2.5);
      else if ((name === 'pbkdf2' || name === 'zlib') && typeof x === 'number') made[name] = Math.floor(x * (1 + next() * 3));
      else if ((name === 'ms' || name === 'sleep') && typeof x === 'number') made[name] = later(x);
      else if ((name === 'serve' || name === 'listen') && Array.isArray(x)) made[name] = x.map((ms) => ms + (name === 'serve' ? next() * 2 : 0));
      else made[name] = change(x, name);
    }
    return made;
  }
  const made = change(program, null);
  for (const [name, f] of Object.entries(program.functions || {})) if (Array.isArray(f)) made.functions[name] = steps(f);
  made.main = [{ cpu: `${Math.floor(next() * 1000)}us` }, ...made.main, { cpu: `${Math.floor(next() * 400)}us` }];
  return made;
}

module.exports = { perturb };
