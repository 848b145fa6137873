// Draws a text with its entities, and its translations. Texts and labels are only ever set as textContent.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export const isBlank = (item, n) => item.words[n][0].trim() === "";

export const wording = (item, [start, end]) =>
  item.words.slice(start, end).map(([word, after], n) => (n < end - start - 1 ? word + after : word)).join("");

export const entityAt = (item, n) => item.entities.find(([start, end]) => start <= n && n < end) || null;

const same = (one, other) => one.every((value, n) => value === other[n]);

// What silver says of an entity: its record if it is there unchanged, else null.
export const silverOf = (item, entity) => item.silver.find((own) => same(own.entity, entity)) || null;

// state: {item, cursor, anchor}
export function drawText(box, state) {
  const { item, cursor, anchor } = state;
  const hadFocus = box.contains(document.activeElement);
  box.lang = item.lang;
  box.dir = item.dir;
  const [from, to] = anchor === null ? [cursor, cursor] : [Math.min(anchor, cursor), Math.max(anchor, cursor)];
  const open = new Set(item.unsure);
  const children = [];
  let focus = null;
  for (let n = 0; n < item.words.length; ) {
    const entity = entityAt(item, n);
    if (entity) {
      const made = drawEntity(item, entity, entity[0] <= cursor && cursor < entity[1]);
      if (made.tabIndex === 0) focus = made;
      children.push(made, item.words[entity[1] - 1][1]);
      n = entity[1];
      continue;
    }
    const chosen = from <= n && n <= to && !isBlank(item, n);
    const made = word(item, n, (chosen ? " chosen" : "") + (open.has(n) ? " open" : ""));
    if (chosen) made.setAttribute("aria-selected", "true");
    made.tabIndex = n === cursor ? 0 : -1;
    if (n === cursor) focus = made;
    children.push(made, item.words[n][1]);
    n += 1;
  }
  box.replaceChildren(...children);
  if (hadFocus && focus) focus.focus();
  return focus;
}

const word = (item, n, classes = "") => element("span", { class: "word" + classes, "data-n": n }, item.words[n][0]);

function drawEntity(item, entity, isCurrent) {
  const [start, end, label] = entity;
  const silver = silverOf(item, entity);
  const made = element("mark", {
    class: "entity" + (isCurrent ? " current" : "") + (silver ? "" : " changed"),
    role: "button",
    "data-label": label,
    "data-start": start,
    "aria-pressed": String(isCurrent),
    "aria-label": `${wording(item, entity)}, ${label}${confidence(silver)}${silver ? "" : ", changed"}`,
  });
  made.tabIndex = isCurrent ? 0 : -1;
  made.append(element("span", { class: "handle start", "data-side": "start", "aria-hidden": "true" }));
  for (let n = start; n < end; n += 1) made.append(word(item, n), n < end - 1 ? item.words[n][1] : "");
  made.append(element("bdi", { class: "tag", lang: "en" }, label));
  made.append(element("span", { class: "handle end", "data-side": "end", "aria-hidden": "true" }));
  return made;
}

const confidence = (silver) =>
  silver && silver.confidence !== null ? `, confidence ${silver.confidence.toFixed(2)}` : "";

// What is known of the entity or words under the cursor, as a sentence.
export function detail(item, entity) {
  if (!entity) return "";
  const silver = silverOf(item, entity);
  if (!silver) return "Not as in the silver data.";
  const source = silver.source;
  const parts = [];
  if (silver.confidence !== null) parts.push(`confidence ${silver.confidence.toFixed(2)}`);
  if (source && source.lang && source.translation !== -1) parts.push(`from “${source.text}” (${source.lang}, ${source.label})`);
  else if (source) parts.push("found in the text itself");
  if (source && source.langs && source.langs.length > 1) parts.push(`spoken for by ${source.langs.join(", ")}`);
  return parts.join(" · ");
}

export function drawTranslations(box, item, entity, keepsTranslations) {
  const source = entity ? (silverOf(item, entity) || {}).source : null;
  const children = [];
  item.translations.forEach((own, number) => {
    const text = element("div", { class: "text", lang: own.lang, dir: own.dir });
    for (const piece of own.pieces) {
      if (piece.label === undefined) text.append(piece.text);
      else {
        const answers = source && source.translation === number && source.start_char === piece.start;
        text.append(
          element("mark", { "data-label": piece.label, class: answers ? "answer" : "" }, piece.text, element("bdi", { class: "tag", lang: "en" }, piece.label))
        );
      }
    }
    children.push(element("h2", {}, `Translation · ${own.name}`), text);
  });
  if (!children.length && !keepsTranslations) children.push(...drawSources(item));
  box.replaceChildren(...children);
  box.hidden = !children.length;
  box.parentElement.classList.toggle("two", children.length > 0);
}

// For shards that keep no translation.
function drawSources(item) {
  const list = element("ul", { class: "quiet" });
  for (const own of item.silver)
    if (own.source && own.source.lang)
      list.append(element("li", {}, element("bdi", {}, wording(item, own.entity)), " ← ", element("bdi", {}, own.source.text), ` (${own.source.lang}, ${own.source.label})`));
  const note = "This silver data keeps no translations; a new build will. Only the names are known:";
  return list.childElementCount ? [element("h2", {}, "Translation"), element("p", { class: "quiet" }, note), list] : [];
}

export function drawUnplaced(box, item) {
  box.hidden = !item.unplaced.length;
  box.replaceChildren("Found, but given no place: ");
  item.unplaced.forEach((own, n) => {
    if (n) box.append("; ");
    box.append(element("bdi", {}, own.text), ` (${own.label}${own.lang ? ", " + own.lang : ""}: ${own.reason})`);
  });
}

export function drawAgreement(found, box) {
  const figure = (own) => (own.f1 ? `${own.f1[0].toFixed(3)} (${own.f1[1].toFixed(3)}–${own.f1[2].toFixed(3)})` : "–");
  const head = element("tr", {}, ...["label", "F1 (95% interval)", "silver", "reviewed", "the same"].map((name) => element("th", { scope: "col" }, name)));
  const rows = Object.entries(found).map(([label, own]) =>
    element("tr", {}, element("th", { scope: "row" }, label || "all"), ...[figure(own), own.first, own.second, own.same].map((value) => element("td", {}, String(value))))
  );
  box.replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
  return found[""] && found[""].f1 ? `F1 ${figure(found[""])}` : "no entities yet";
}
