// Draws a part of a trace (Chrome JSON) as an SVG, much as the Perfetto UI shows it: the pictures of docs/reading-a-trace.md.
//
//     node timeline.js TRACE PROCESS FROM_MS TO_MS [MOST_THREADS [MOST_REQUESTS]] > picture.svg
'use strict';
const [file, processName, fromMs, toMs, mostThreads = '6', mostRequests = '24'] = process.argv.slice(2);
const { traceEvents } = JSON.parse(require('fs').readFileSync(file, 'utf8'));
const from = Number(fromMs) * 1000, to = Number(toMs) * 1000;
const LEFT = 170, WIDTH = 1000, ROW = 16, THIN = 7;

const colour = {
    'poll (idle)': '#e4e4e4', iteration: '#b7c9e2', ready: '#f2994a', 'accept queue': '#f2c94c', cpu: '#2f6fb7', preempted: '#d0587e',
    network: '#d9d9d9', Running: '#3c9d5b', R: '#f2994a', S: '#f0f0f0', D: '#8e5b3a', 'pool queue': '#d0587e',
};
const phases = ['timers', 'pending', 'idle/prepare', 'poll', 'check', 'closing'];
const paint = (name) => colour[name] || (phases.includes(name) ? '#9db4d3' : /slow/.test(name) ? '#c0392b' : '#6fa8a0');
const x = (ts) => LEFT + (Math.min(Math.max(ts, from), to) - from) / (to - from) * (WIDTH - LEFT);
const text = (s) => String(s).replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

const out = [];
let y = 30;
const box = (a, b, top, height, fill, label) => {
    const width = Math.max(x(b) - x(a), 0.6);
    out.push(`<rect x="${x(a).toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${height}" fill="${fill}"/>`);
    if (label && width > 7 * label.length)
        out.push(`<text x="${(x(a) + 4).toFixed(1)}" y="${top + 12}" fill="${/^#[0-9b]/.test(fill) && fill !== '#b7c9e2' && fill !== '#9db4d3' ? '#fff' : '#222'}">${text(label)}</text>`);
};
const title = (label, height = ROW) => out.push(`<text x="6" y="${y + height - 4}" fill="#444">${text(label)}</text>`);

const pids = {}, threads = {};
for (const e of traceEvents.filter((e) => e.ph === 'M')) {
    if (e.name === 'process_name') pids[e.args.name] = e.pid;
    if (e.name === 'thread_name') threads[`${e.pid} ${e.tid}`] = e.args.name;
}
const inside = (e) => e.ts < to && e.ts + (e.dur || 0) >= from;

// ---- counters: those that move ----
for (const name of ['requests in flight', 'ready callbacks', 'run queue', 'loop lag']) {
    const values = traceEvents.filter((e) => e.ph === 'C' && e.pid === pids[`${processName}: metrics`] && e.name === name && e.ts < to)
        .map((e) => [Math.max(e.ts, from), Object.values(e.args)[0]]);
    const most = Math.max(...values.map((v) => v[1]));
    if (!(most > 0)) continue;
    title(`${name}: at most ${most}${name === 'loop lag' ? ' µs' : ''}`, 26);
    const h = (v) => (y + 26 - v / most * 22).toFixed(1);
    let path = `M${LEFT},${h(0)}`, last = 0;
    for (const [ts, v] of values) { path += `L${x(ts).toFixed(1)},${h(last)}L${x(ts).toFixed(1)},${h(v)}`; last = v; }
    out.push(`<path d="${path}L${WIDTH},${h(last)}L${WIDTH},${h(0)}Z" fill="#c9b7e2" stroke="#7a5aa8" stroke-width="0.7"/>`);
    y += 32;
}

// ---- threads: a strip for the state, slices below ----
const tracks = new Map();
for (const e of traceEvents)
    if ((e.ph === 'X' || e.ph === 'T') && e.pid === pids[processName] && inside(e)) {
        if (!tracks.has(e.tid)) tracks.set(e.tid, []);
        tracks.get(e.tid).push(e);
    }
let drawn = 0;
for (const [tid, events] of [...tracks].sort((a, b) => a[0] - b[0])) {
    const slices = events.filter((e) => e.ph === 'X').sort((a, b) => a.ts - b.ts || b.dur - a.dur);
    if (slices.length === 0 || drawn++ >= Number(mostThreads)) continue;
    title(threads[`${pids[processName]} ${tid}`]);
    for (const e of events.filter((e) => e.ph === 'T')) box(e.ts, e.ts + e.dur, y, 4, paint(e.name));
    y += 5;
    const open = [];
    let deepest = 0;
    for (const e of slices) {
        while (open.length && open[open.length - 1] <= e.ts + 5e-4) open.pop(); // times are whole ns
        box(e.ts, e.ts + e.dur, y + open.length * ROW, ROW - 1, paint(e.name), e.name);
        open.push(e.ts + e.dur);
        deepest = Math.max(deepest, open.length);
    }
    y += deepest * ROW + 5;
}

// ---- requests: a thin row each, its pieces in colour ----
const rows = new Map();
for (const e of traceEvents)
    if ('be'.includes(e.ph) && e.pid === pids[processName] && e.cat.startsWith('request ')) {
        const key = `${e.cat} ${e.id2.local}`;
        if (!rows.has(key)) rows.set(key, []);
        rows.get(key).push(e);
    }
const requests = [];
for (const events of rows.values()) {
    const stack = [];
    let pieces = [];
    for (const e of events) {
        if (e.ph === 'b') { stack.push(e); continue; }
        const b = stack.pop();
        if (b.name !== b.cat) pieces.push([b.ts, e.ts, b.name]);
        else { requests.push({ name: b.name, from: b.ts, to: e.ts, pieces }); pieces = []; }
    }
}
const seen = requests.filter((r) => r.from < to && r.to > from).sort((a, b) => a.from - b.from).slice(0, Number(mostRequests));
if (seen.length > 0) title('requests');
for (const r of seen) {
    box(r.from, r.to, y, THIN - 1, '#e9e9e9');
    for (const [a, b, name] of r.pieces) if (a < to && b > from) box(a, b, y, THIN - 1, paint(name));
    y += THIN;
}

const legend = [['cpu', 'on the CPU'], ['ready', 'ready, waiting'], ['Running', 'thread runs'], ['accept queue', 'waiting to be accepted'], ['slow', 'slow handler'], ['db', 'database']];
let at = LEFT;
y += 8;
for (const [name, label] of legend) {
    out.push(`<rect x="${at}" y="${y}" width="12" height="10" fill="${paint(name)}"/><text x="${at + 16}" y="${y + 9}" fill="#444">${label}</text>`);
    at += 40 + 6.2 * label.length;
}
y += 22;
const marks = [0, 0.25, 0.5, 0.75, 1].map((f) => {
    const ms = (from + f * (to - from)) / 1000;
    return `<text x="${x(from + f * (to - from))}" y="20" fill="#888" text-anchor="${f === 1 ? 'end' : 'start'}">${ms} ms</text>`;
});
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" font-family="DejaVu Sans, sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/><text x="6" y="20" font-weight="bold" fill="#222">${text(processName)}</text>
${marks.join('')}
${out.join('\n')}
</svg>
`);
