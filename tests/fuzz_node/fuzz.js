#!/usr/bin/env node
'use strict';
// fuzz: random programs, run by loopsim and by this Node; says what differs, shrunk, and what the programs covered.
//
//   node tests/fuzz_node/fuzz.js --loopsim build/loopsim --build build/fuzz_node [-n 1000] [--seed 1] [--family io] [--jobs 4]
const { spawn } = require('child_process');
const fs = require('fs'), path = require('path');
const { generate, random, FAMILIES } = require('./generate.js');
const { perturb } = require('./perturb.js');
const { translate } = require('./translate.js');
const { shrink } = require('./shrink.js');

const options = { n: 1000, seed: 1, jobs: 4, loopsim: 'build/loopsim', build: 'build/fuzz_node', family: undefined, variants: 12, keep: 20 };
for (let i = 2; i < process.argv.length; i += 2) {
  const name = process.argv[i].replace(/^-+/, '');
  if (!(name in options)) { console.error(`unknown option ${process.argv[i]}`); process.exit(2); }
  options[name] = /^\d+$/.test(process.argv[i + 1]) ? +process.argv[i + 1] : process.argv[i + 1];
}
options.build = path.resolve(options.build);
const scratch = fs.mkdtempSync(path.join(require('os').tmpdir(), 'loopsim-fuzz-'));
fs.copyFileSync(path.join(__dirname, 'support.js'), path.join(scratch, 'support.js'));
process.on('exit', () => fs.rmSync(scratch, { recursive: true, force: true })); // with the sockets and files of the programs
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
const real_time = (() => { // short of a real-time priority others' load shows as races
  const { spawnSync } = require('child_process');
  return spawnSync('chrt', ['-f', '40', 'true']).status === 0 ? ['chrt', '-f', '40'] : [];
})();
const environment = { ...process.env, LOOPSIM_HOST: path.join(options.build, 'host.node'), LD_PRELOAD: path.join(options.build, 'lookup.so') };

function execute(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: env || process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', err = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), 15000);
    child.stdout.on('data', (data) => { out += data; });
    child.stderr.on('data', (data) => { err += data; });
    child.on('close', (code, signal) => { clearTimeout(timer); resolve({ out, err, code: signal || code }); });
  });
}

let files = 0;
async function by_loopsim(program) {
  const name = path.join(scratch, `p${++files}.json`);
  fs.writeFileSync(name, JSON.stringify(program));
  const result = await execute(options.loopsim, ['run', '--max-events', '300000', '--max-memory', '512MiB', name]);
  fs.unlinkSync(name);
  return result;
}
async function by_node(program) {
  const name = path.join(scratch, `p${++files}.${program.module === 'esm' ? 'mjs' : 'js'}`);
  fs.writeFileSync(name, translate(program));
  const [command, ...args] = [...real_time, process.execPath, name];
  const result = await execute(command, args, environment);
  fs.unlinkSync(name);
  return result;
}
const same = (a, b) => a.out === b.out && a.code === b.code;

// What loopsim prints, if no small change of a duration changes it; else why it is no use.
async function without_race(program, seed) {
  const first = await by_loopsim(program);
  if (first.code === 5) return { skip: 'endless' };
  if (first.code === 3 && /: error: /.test(first.err) && !/loopsim: error/.test(first.err)) return { skip: 'wrong', result: first };
  if (typeof first.code === 'string' || first.code === 70) return { skip: 'crash', result: first };
  for (let k = 1; k <= options.variants; k++)
    if (!same(await by_loopsim(perturb(program, random(seed * 31 + k))), first)) return { skip: 'racy' };
  return { result: first };
}

// Differs from Node three times running, and, after a while, five times more? Another's load may decide a race one way for some time.
async function differs(program, expected) {
  let node;
  for (let attempt = 0; attempt < 8; attempt++) {
    if (attempt === 3) await new Promise((resolve) => setTimeout(resolve, 3000));
    node = await by_node(program);
    if (same(node, expected)) return null;
  }
  return node;
}

const tally = { tried: 0, compared: 0, racy: 0, endless: 0, wrong: 0, crash: 0, different: 0 };
const covered = new Map(), families = new Map();

async function report(seed, program, expected, node) {
  tally.different++;
  const still = async (candidate) => {
    const run = await without_race(candidate, seed);
    return !run.skip && (await differs(candidate, run.result)) !== null;
  };
  const small = tally.different <= options.keep ? await shrink(program, still) : program;
  const ours = await by_loopsim(small), theirs = await by_node(small);
  const a = ours.out.split('\n'), b = theirs.out.split('\n');
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  console.log(`DIFFERENT seed ${seed}: loopsim exits with ${ours.code}, Node with ${theirs.code}; from line ${i + 1}:`);
  console.log('  loopsim:', a.slice(i, i + 6).join(' | '), ours.err.split('\n')[0]);
  console.log('  Node:   ', b.slice(i, i + 6).join(' | '), theirs.err.split('\n').filter((l) => /Error|error/.test(l)).slice(0, 1).join(''));
  console.log('  ' + JSON.stringify(small));
  fs.mkdirSync(options.build, { recursive: true });
  fs.writeFileSync(path.join(options.build, `different-${seed}.json`), JSON.stringify(small, null, 1) + '\n');
}

async function attempt(seed) {
  const { program, cover, family } = generate(seed, options.family);
  tally.tried++;
  const run = await without_race(program, seed);
  if (run.skip) {
    tally[run.skip]++;
    if (run.skip === 'wrong' || run.skip === 'crash') {
      console.log(`${run.skip.toUpperCase()} seed ${seed}: ${run.result.code} ${run.result.err.split('\n').slice(0, 4).join(' / ')}`);
      if (run.skip === 'crash') fs.writeFileSync(path.join(options.build, `crash-${seed}.json`), JSON.stringify(program) + '\n');
    }
    return;
  }
  tally.compared++;
  for (const item of cover) covered.set(item, (covered.get(item) || 0) + 1);
  families.set(family, (families.get(family) || 0) + 1);
  const node = await differs(program, run.result);
  if (node) await report(seed, program, run.result, node);
}

async function worker(next) {
  while (tally.compared < options.n && tally.different < options.keep) await attempt(next());
}

async function all() {
  let seed = options.seed;
  const begun = Date.now();
  await Promise.all(Array.from({ length: options.jobs }, () => worker(() => seed++)));
  const verbs = new Map(), places = new Set();
  for (const [item, count] of covered) {
    const [place, verb] = item.split(' > ');
    verbs.set(verb, (verbs.get(verb) || 0) + count);
    places.add(place);
  }
  console.log(`\nfamilies: ${FAMILIES.map((name) => `${name} ${families.get(name) || 0}`).join(', ')}`);
  console.log(`verbs: ${[...verbs].sort((a, b) => b[1] - a[1]).map(([verb, count]) => `${verb} ${count}`).join(', ')}`);
  console.log(`in: ${[...places].sort().join(', ')}`);
  console.log(`${covered.size} pairs of a place and a verb`);
  console.log(`seeds ${options.seed} to ${seed - 1}, ${((Date.now() - begun) / 1000).toFixed(0)} s: ${JSON.stringify(tally)}`);
  process.exitCode = tally.different || tally.wrong || tally.crash ? 1 : 0;
}
all();
