'use strict';
// What a translated program calls: one function a verb, over plain Node and host.node.
const fs = require('fs'), path = require('path'), net = require('net'), zlib = require('zlib'), crypto = require('crypto');
const host = require(process.env.LOOPSIM_HOST);

// What takes long only the first time is done before the program begins.
zlib.deflateSync(Buffer.alloc(60000, 'x'));
crypto.pbkdf2Sync('p', 's', 1, 32, 'sha256');
host.spin(0.1);

// How a value is printed. Results of fs.promises are named as those of the callbacks are.
function show(value) {
  if (value === undefined || value === null) return 'undefined';
  if (value instanceof fs.Stats) return 'stat';
  if (Buffer.isBuffer(value)) return 'data';
  if (value.code === 'ENOENT') return 'ENOENT';
  if (value instanceof Error) return value.message;
  if (Array.isArray(value)) return value.map(show).join(',');
  if (value.status === 'fulfilled') return 'fulfilled:' + show(value.value);
  if (value.status === 'rejected') return 'rejected:' + show(value.reason);
  if (value instanceof Promise) return '[promise]';
  return typeof value === 'object' || typeof value === 'function' ? '[object]' : String(value);
}

// What an operator makes a text of.
const plain = (value) => (value instanceof Error && value.code === 'ENOENT' ? 'Error: ENOENT' : value);

// Synchronous, past process.stdout, whose streams would queue ticks of their own.
const print = (value) => fs.writeSync(1, show(value) + '\n');

// The promise of an operation that takes a callback.
const promised = (start, value) => new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve(value))));

function file(size) {
  const name = path.join(__dirname, `${size}.bin`);
  if (!fs.existsSync(name) || fs.statSync(name).size !== size) fs.writeFileSync(name, Buffer.alloc(size));
  return name;
}

const lines = new Map();
function onLine(name, ms, done) {
  if (!lines.has(name)) lines.set(name, host.line());
  host.request(lines.get(name), ms, done);
}

const start = {
  net: (ms, done) => ({ number: host.readable(ms, () => done()) }),
  conn: (ms, done, name) => onLine(name, ms, () => done()),
  pool: (ms, done) => { host.task(ms, () => done()); },
  dns: (ms, done) => { host.lookup(ms, () => done()); },
  pbkdf2: (n, done) => { crypto.pbkdf2('p', 's', n, 32, 'sha256', () => done()); },
  zlib: (n, done) => { host.task(n / 60000, () => done()); }, // zlib.deflate makes a second trip to end its stream; the language says one
  stat: (_, done) => { fs.stat(__filename, () => done()); },
  open: (_, done) => { fs.open(__filename, 'r', (error, fd) => { fs.closeSync(fd); done(); }); },
  missing: (_, done) => { fs.stat('/nowhere/at/all', (error) => done(new Error(error.code))); },
  readFile: (size, done) => { fs.readFile(file(size), () => done()); },
};
// Their results are objects of Node's, which are told by show.
const promises = {
  stat: () => fs.promises.stat(__filename),
  missing: () => fs.promises.stat('/nowhere/at/all'),
  readFile: (size) => fs.promises.readFile(file(size)),
};
const sync = {
  pool: (ms) => host.spin(ms),
  pbkdf2: (n) => { crypto.pbkdf2Sync('p', 's', n, 32, 'sha256'); },
  zlib: (n) => { zlib.deflateSync(Buffer.alloc(n, 'x')); },
  stat: () => { fs.statSync(__filename); },
  open: () => { fs.closeSync(fs.openSync(__filename, 'r')); },
  readFile: (size) => { fs.readFileSync(file(size)); },
};

// fs.readFile of a file that is there: made before the program, so that making it is no part of it.
const prepare = (sizes) => sizes.forEach(file);

const open = () => ({ number: host.hold() });
const close = (handle, done) => host.drop(handle.number, done);
function clear(what) {
  if (what && what.number) host.drop(what.number);
  else if (what && what.constructor.name === 'Immediate') clearImmediate(what);
  else clearTimeout(what);
}
const ref = (what) => (what.ref ? what.ref() : host.keep(what.number, true));
const unref = (what) => (what.unref ? what.unref() : host.keep(what.number, false));

const sleep = (ms, value) => new Promise((resolve) => { setTimeout(() => resolve(value), ms); });

const serve = (times, handler) => times.forEach((ms, i) => { host.readable(ms, () => handler(i + 1)); });

// A server on a UNIX socket; respond ends a connection, the last one the server.
const sockets = [];
let server, open_requests;
function listen(times, onConnection, onRequest) {
  const name = path.join(__dirname, `${process.pid}.sock`);
  open_requests = times.length;
  server = net.createServer((socket) => {
    const number = sockets.push(socket);
    onConnection(number);
    socket.on('data', () => onRequest(number));
    socket.on('error', () => {});
  });
  server.listen(name);
  host.clients(name, times);
}
function respond(number) {
  sockets[number - 1].destroy();
  if (--open_requests === 0) server.close();
}

const emitter = () => new (require('events'))();

module.exports = { print, show, plain, promised, start, promises, sync, prepare, open, close, clear, ref, unref, sleep, serve, listen, respond,
  emitter, spin: host.spin };
