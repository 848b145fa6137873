// The page of `xlner review`: decisions by keyboard, mouse and touch. Each is on the server's disk before the next is sent.
import { detail, drawAgreement, drawText, drawTranslations, drawUnplaced, element, entityAt, isBlank, wording } from "./review_text.js";

const $ = (id) => document.getElementById(id);
const state = { about: null, item: null, cursor: 0, anchor: null, label: null };
const CAUTION = {
  random: "The texts were drawn at random, so this is an estimate for all silver data.",
  other: "The texts were not drawn at random but chosen because they are in doubt: the silver data as a whole is likely to be better than this.",
};

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "content-type": "application/json", "x-xlner-review": "1" },
    body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer: nothing of this is kept.\nStart xlner review again with the same command, then reload this page.");
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const problem = new Error([typeof found.detail === "string" ? found.detail : "The server refused this.", found.hint].filter(Boolean).join("\n"));
    problem.stale = answer.status === 409;
    throw problem;
  }
  return found;
}

// One after another: a key that is pressed before the last decision is written waits for it.
let queue = Promise.resolve();
function enqueue(act) {
  queue = queue.then(act).then(() => problem(""), async (error) => {
    problem(error.message);
    if (error.stale) await open(state.item.n);
  });
  return queue;
}

function problem(message) {
  $("problem").hidden = !message;
  $("problem").textContent = message;
}
const say = (message) => { $("said").textContent = message; };

// Where a decision leads to.

async function open(n, keepCursor = false) {
  show(await ask(`/api/texts/${n}`), keepCursor);
}

function show(item, keepCursor = false) {
  const other = !state.item || state.item.n !== item.n;
  state.item = item;
  if (other || !keepCursor) {
    state.cursor = start(item);
    state.anchor = null;
  }
  state.cursor = Math.min(state.cursor, Math.max(0, item.words.length - 1));
  if (other) {
    history.replaceState(null, "", `#${item.n + 1}`);
    if (!$("keys").open) focusText();
  }
  draw();
  if (other) {
    focusText();
    say(`Text ${item.n + 1} of ${item.total}`);
  }
}

// At the least sure entity, or the first word.
function start(item) {
  const known = item.silver.filter((own) => entityAt(item, own.entity[0]) && own.confidence !== null);
  known.sort((a, b) => a.confidence - b.confidence);
  if (known.length) return known[0].entity[0];
  return item.entities.length ? item.entities[0][0] : 0;
}

function draw() {
  const { item, about } = state;
  const entity = entityAt(item, state.cursor);
  drawText($("text"), state);
  drawTranslations($("translations"), item, entity, about.has_translations);
  drawUnplaced($("unplaced"), item);
  $("detail").textContent = detail(item, entity);
  $("place").textContent = `Text ${item.n + 1} of ${item.total}`;
  $("mark").textContent = item.is_done ? `reviewed${item.by ? " by " + item.by : ""}` : item.revision ? "begun" : "";
  $("bar").max = item.total;
  $("bar").value = item.done;
  $("count").textContent = item.done === item.total ? `all ${item.total} texts are reviewed` : `${item.done} of ${item.total} reviewed`;
  $("reject").disabled = !entity;
  for (const button of $("labels").children) button.setAttribute("aria-pressed", String(Boolean(entity) && button.dataset.label === entity[2]));
}

const focusText = () => $("text").querySelector("[tabindex='0']")?.focus({ preventScroll: true });

async function send(entities, action, done = state.item.is_done) {
  const { n, revision } = state.item;
  show(await ask(`/api/texts/${n}`, { entities, done, action, revision }), true);
  if (state.item.is_done) agreement();
}

// Decisions.

const others = (entity) => state.item.entities.filter((own) => own !== entity);

async function setLabel(label) {
  const { item, cursor, anchor } = state;
  const entity = entityAt(item, cursor);
  if (entity) {
    if (entity[2] === label) return;
    await send([...others(entity), [entity[0], entity[1], label]], "relabel");
    say(`${wording(item, entity)} is ${label}`);
    return;
  }
  let [from, to] = anchor === null ? [cursor, cursor] : [Math.min(anchor, cursor), Math.max(anchor, cursor)];
  while (from < to && isBlank(item, from)) from += 1;
  while (to > from && isBlank(item, to)) to -= 1;
  if (!item.words.length || isBlank(item, from)) return;
  state.anchor = null;
  state.cursor = from;
  await send([...item.entities, [from, to + 1, label]], "add");
  say(`${wording(item, [from, to + 1])} added as ${label}`);
}

async function reject() {
  const entity = entityAt(state.item, state.cursor);
  if (!entity) return;
  const name = wording(state.item, entity);
  await send(others(entity), "reject");
  say(`${name} rejected`);
}

async function accept() {
  const { n } = state.item;
  await send(state.item.entities, "accept", true);
  await goOn(n);
}

async function goOn(n) {
  const next = (await ask(`/api/open?after=${n}`)).n;
  if (next === null) {
    draw();
    say("All texts are reviewed");
  } else await open(next);
}

async function undo() {
  const found = await ask("/api/undo", {});
  if (!found.undone) say("There is nothing to undo");
  else if (found.n === null) {
    await open(state.item.n);
    throw new Error("What was undone is in a text that is not among these.");
  } else {
    const before = state.item;
    await open(found.n, true);
    if (before.n === found.n) lookAtChange(before);
    say("Undone");
  }
  agreement();
}

// The cursor goes to an entity that was not there before.
function lookAtChange(before) {
  const known = new Set(before.entities.map(String));
  const back = state.item.entities.find((own) => !known.has(String(own)));
  if (!back) return;
  state.cursor = back[0];
  draw();
  focusText();
}

const reset = () => send(state.item.silver.map((own) => own.entity), "reset");

// An end of an entity, moved to where it may be: not over another entity, not past its other end.
function movedTo(entity, side, n) {
  const { item } = state;
  const [begin, end, label] = entity;
  const rest = others(entity);
  const least = Math.max(0, ...rest.filter((own) => own[1] <= begin).map((own) => own[1]));
  const most = Math.min(item.words.length, ...rest.filter((own) => own[0] >= end).map((own) => own[0]));
  let [from, to] = side === "start" ? [Math.min(Math.max(n, least), end - 1), end] : [begin, Math.max(Math.min(n, most), begin + 1)];
  while (from < to - 1 && isBlank(item, from)) from += 1;
  while (to > from + 1 && isBlank(item, to - 1)) to -= 1;
  return [from, to, label];
}

async function move(entity, side, n) {
  const moved = movedTo(entity, side, n);
  if (moved[0] === entity[0] && moved[1] === entity[1]) return;
  if (state.cursor === entity[0]) state.cursor = moved[0];
  await send([...others(entity), moved], "move");
  say(`${wording(state.item, moved)}, ${moved[2]}`);
}

// One word on, over blank ones.
function beside(n, step) {
  const { words } = state.item;
  let next = n + step;
  while (next >= 0 && next < words.length && isBlank(state.item, next)) next += step;
  return next >= 0 && next < words.length ? next : n;
}

const moveStart = (entity, step) => move(entity, "start", beside(entity[0], step));
const moveEnd = (entity, step) => move(entity, "end", step > 0 ? beside(entity[1] - 1, 1) + 1 : beside(entity[1] - 1, -1) + 1);

// The cursor.

function go(step, choosing) {
  const entity = entityAt(state.item, state.cursor);
  if (choosing) {
    if (state.anchor === null) state.anchor = state.cursor;
    const next = beside(state.cursor, step);
    if (!entityAt(state.item, next)) state.cursor = next;
  } else {
    state.anchor = null;
    state.cursor = beside(entity ? (step > 0 ? entity[1] - 1 : entity[0]) : state.cursor, step);
    const reached = entityAt(state.item, state.cursor);
    if (reached) state.cursor = reached[0];
  }
  draw();
  focusText();
}

function goEntity(step) {
  const starts = state.item.entities.map((own) => own[0]).sort((a, b) => a - b);
  if (!starts.length) return;
  const entity = entityAt(state.item, state.cursor);
  const here = entity ? entity[0] : state.cursor;
  const next = step > 0 ? starts.find((n) => n > here) : starts.findLast((n) => n < here);
  state.cursor = next ?? (step > 0 ? starts[0] : starts.at(-1));
  state.anchor = null;
  draw();
  focusText();
}

const forwards = () => (getComputedStyle($("text")).direction === "rtl" ? -1 : 1);

const KEYS = {
  Enter: () => enqueue(accept),
  e: () => enqueue(() => goEntity(1)),
  E: () => enqueue(() => goEntity(-1)),
  x: () => enqueue(reject),
  Delete: () => enqueue(reject),
  Backspace: () => enqueue(reject),
  r: () => enqueue(reset),
  u: () => enqueue(undo),
  s: () => enqueue(() => goOn(state.item.n)),
  b: () => enqueue(() => open(Math.max(0, state.item.n - 1))),
  n: () => enqueue(() => open(Math.min(state.item.total - 1, state.item.n + 1))),
  "?": () => $("keys").showModal(),
};

function arrow(event) {
  const across = { ArrowRight: forwards(), ArrowLeft: -forwards() }[event.key];
  const along = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (across === undefined && (along === undefined || !event.shiftKey)) return false;
  enqueue(() => {
    const entity = entityAt(state.item, state.cursor);
    if (along !== undefined) return entity ? moveStart(entity, along) : undefined;
    if (event.shiftKey && entity && state.anchor === null) return moveEnd(entity, across);
    return go(across, event.shiftKey);
  });
  return true;
}

document.addEventListener("keydown", (event) => {
  if (!state.item || $("keys").open || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const onControl = event.target.closest("button, summary, a, input, select");
  if (onControl && ["Enter", " ", "ArrowUp", "ArrowDown"].includes(event.key)) return;
  const label = /^[1-9]$/.test(event.key) ? state.about.labels[Number(event.key) - 1] : undefined;
  if (label !== undefined) enqueue(() => setLabel(label));
  else if (event.key.startsWith("Arrow")) { if (!arrow(event)) return; }
  else if (KEYS[event.key]) { if (!event.repeat) KEYS[event.key](); }
  else return;
  event.preventDefault();
});

// Mouse and touch.

let drag = null; // {side, entity} of a boundary, or {choosing}

const wordUnder = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("#text .word");

$("text").addEventListener("pointerdown", (event) => {
  if (!state.item || event.button !== 0) return;
  const handle = event.target.closest(".handle");
  const mark = event.target.closest("mark");
  const word = event.target.closest(".word");
  if (handle) {
    state.cursor = Number(mark.dataset.start);
    state.anchor = null;
    drag = { side: handle.dataset.side, entity: entityAt(state.item, Number(mark.dataset.start)) };
    $("text").setPointerCapture(event.pointerId);
    event.preventDefault();
    draw();
    return;
  }
  if (!mark && !word) return;
  state.cursor = mark ? Number(mark.dataset.start) : Number(word.dataset.n);
  state.anchor = null;
  drag = !mark && event.pointerType === "mouse" ? { choosing: true } : null;
  event.preventDefault();
  draw();
  focusText();
});

document.addEventListener("pointermove", (event) => {
  const word = drag && wordUnder(event);
  if (!word) return;
  const n = Number(word.dataset.n);
  if (drag.choosing) {
    if (entityAt(state.item, n)) return;
    if (state.anchor === null) state.anchor = state.cursor;
    state.cursor = n;
  } else {
    drag.moved = movedTo(drag.entity, drag.side, drag.side === "start" ? n : n + 1);
    state.cursor = drag.moved[0];
    drawText($("text"), { ...state, item: { ...state.item, entities: [...others(drag.entity), drag.moved] } });
    return;
  }
  draw();
});

document.addEventListener("pointerup", () => {
  const ended = drag;
  drag = null;
  if (ended?.moved) {
    const [from, to] = ended.moved;
    enqueue(() => move(ended.entity, ended.side, ended.side === "start" ? from : to));
  }
});
document.addEventListener("pointercancel", () => { drag = null; if (state.item) draw(); });

$("accept").addEventListener("click", () => enqueue(accept));
$("reject").addEventListener("click", () => enqueue(reject));
$("undo").addEventListener("click", () => enqueue(undo));
$("skip").addEventListener("click", KEYS.s);
$("previous").addEventListener("click", KEYS.b);
$("help").addEventListener("click", KEYS["?"]);

async function agreement() {
  const found = await ask("/api/agreement");
  if (state.item.done) $("f1").textContent = drawAgreement(found, $("figures"));
  else {
    $("f1").textContent = "nothing is reviewed yet";
    $("figures").replaceChildren();
  }
}

function introduce(about) {
  $("silver").textContent = `${about.silver} → ${about.output}`;
  document.title = `Review of ${about.silver}`;
  $("caution").textContent = CAUTION[about.order] || CAUTION.other;
  $("notes").hidden = !about.notes.length;
  $("notes").replaceChildren(...about.notes.map((note) => element("p", {}, note)));
  $("labels").replaceChildren(...about.labels.map((label, n) => {
    const button = element("button", { type: "button", "data-label": label, title: label }, ...(n < 9 ? [element("kbd", { "aria-hidden": "true" }, String(n + 1))] : []), label);
    button.addEventListener("click", () => enqueue(() => setLabel(label)));
    return button;
  }));
}

async function begin() {
  state.about = await ask("/api/review");
  introduce(state.about);
  const asked = /^#\d+$/.test(location.hash) ? Number(location.hash.slice(1)) - 1 : -1;
  const first = asked >= 0 && asked < state.about.total ? asked : (await ask("/api/open")).n;
  await open(first ?? 0);
  await agreement();
}

enqueue(begin);
