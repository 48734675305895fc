'use strict';
// shrink: takes away parts of a program as long as it still differs.

// All programs that have one part less.
function* smaller(program) {
  const paths = [];
  (function walk(e, at) {
    if (Array.isArray(e)) e.forEach((x, i) => { paths.push([...at, i]); walk(x, [...at, i]); });
    else if (e !== null && typeof e === 'object') for (const key of Object.keys(e)) { if (['functions', 'else', 'finally', 'catch', 'cb', 'args'].includes(key)) paths.push([...at, key]); walk(e[key], [...at, key]); }
  })(program, []);
  paths.sort((a, b) => a.length - b.length);
  for (const at of paths) {
    const copy = JSON.parse(JSON.stringify(program));
    let parent = copy;
    for (const key of at.slice(0, -1)) parent = parent[key];
    const last = at[at.length - 1];
    if (Array.isArray(parent)) parent.splice(last, 1);
    else delete parent[last];
    yield copy;
  }
}

async function shrink(program, still) {
  let tries = 0;
  for (let progress = true; progress;) {
    progress = false;
    for (const candidate of smaller(program)) {
      if (++tries > 400) return program;
      let keeps = false;
      try { keeps = await still(candidate); } catch { keeps = false; }
      if (!keeps) continue;
      program = candidate;
      progress = true;
      break;
    }
  }
  return program;
}

module.exports = { shrink };
