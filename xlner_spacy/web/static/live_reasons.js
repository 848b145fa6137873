// Why entities are where they are: candidates, what found no place, what went wrong.
import { characters, element, markOf } from "./live_text.js";

const shown = (text) => characters(text).join("");
const figure = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));

const AT_FIRST = 6;

function tableOf(candidates) {
  const table = element("table", "");
  const head = element("tr", "");
  for (const [name, style] of [["Candidate", ""], ["Score", "number"], ["Confidence", "number"], ["Outcome", ""]]) {
    const cell = element("th", style, name);
    cell.scope = "col";
    head.append(cell);
  }
  table.append(element("thead", "", head));
  const rows = candidates.map((own) =>
    element(
      "tr",
      own.outcome === "placed" ? "placed" : "",
      element("td", "", shown(own.text)),
      element("td", "number", figure(own.score)),
      element("td", "number", figure(own.confidence)),
      element("td", "", shown(own.outcome)),
    ),
  );
  table.append(element("tbody", "", ...rows.slice(0, AT_FIRST)));
  if (rows.length <= AT_FIRST) return table;
  const rest = element("button", "more", `${rows.length - AT_FIRST} more candidates`);
  rest.type = "button";
  rest.addEventListener("click", () => {
    table.tBodies[0].append(...rows.slice(AT_FIRST));
    rest.remove();
  });
  return element("div", "", table, rest);
}

function candidatesOf(found, translation, entity) {
  return found.candidates.filter((own) => own.translation === translation && own.entity === entity);
}

function entry(label, confidence, text, note, why) {
  const mark = markOf(label, confidence, shown(text));
  mark.append(element("span", "label", label));
  const summary = element("summary", "", mark, element("span", "quiet", note));
  return element("details", "", summary, element("div", "why", ...why));
}

function originIn(entity, found) {
  const source = entity.source;
  if (!source || source.translation < 0) return [-1, -1];
  const known = found.translations[source.translation]?.entities ?? [];
  return [source.translation, known.findIndex((own) => own.start === source.start_char)];
}

function placedEntry(entity, found, nameOf) {
  const [translation, k] = originIn(entity, found);
  const source = entity.source;
  const confidence = entity.confidence === null ? "no confidence given" : `confidence ${figure(entity.confidence)}`;
  const why = [];
  if (source) {
    const from = translation < 0 ? "Found in the text itself" : `From “${shown(source.text)}” in the translation (${nameOf(source.lang)})`;
    const score = source.score === null ? "" : `; the recogniser was ${figure(source.score)} sure of it`;
    why.push(element("p", "", `${from}${score}.`));
    if (source.langs?.length) why.push(element("p", "", `Spoken for by: ${source.langs.map(nameOf).join(", ")}.`));
  }
  const offered = candidatesOf(found, translation, k);
  if (offered.length) why.push(tableOf(offered));
  return entry(entity.label, entity.confidence, entity.text, confidence, why);
}

function lostEntry(lost, found, nameOf) {
  const known = found.translations[lost.translation];
  const k = known ? known.entities.findIndex((own) => own.start === lost.start_char) : -1;
  const where = known ? `in the translation (${nameOf(known.lang)})` : "in the text itself";
  const offered = candidatesOf(found, lost.translation, k);
  const why = [element("p", "", `Found ${where}. It got no place: ${lost.reason}.`)];
  if (offered.length) why.push(tableOf(offered));
  return { key: `${lost.translation}:${k}`, made: entry(lost.label, 0, lost.text, lost.reason, why) };
}

function section(title, items) {
  const list = element("ul", "found", ...items.map((item) => element("li", "", item)));
  return element("section", "sheet", element("h2", "", title), list);
}

// Returns the sections of the page, and open(side, n), which opens the reasons of an entity.
export function drawReasons(found, nameOf) {
  const byMark = new Map();
  const placed = found.entities.map((entity, n) => {
    const made = placedEntry(entity, found, nameOf);
    byMark.set(`-1:${n}`, made);
    const [translation, k] = originIn(entity, found);
    if (translation >= 0) byMark.set(`${translation}:${k}`, made);
    return made;
  });
  const lost = found.unplaced.map((own) => {
    const { key, made } = lostEntry(own, found, nameOf);
    if (!byMark.has(key)) byMark.set(key, made);
    return made;
  });
  const sections = [];
  if (placed.length) sections.push(section("Entities, and why they are there", placed));
  if (lost.length) sections.push(section("Found no place", lost));
  if (found.problems.length) {
    const lines = found.problems.map((own) =>
      element("p", "", shown([own.stage, own.reason, own.detail].filter(Boolean).join(": "))),
    );
    sections.push(section("Not done", lines));
  }
  return {
    sections,
    open(side, n) {
      const made = byMark.get(`${side}:${n}`);
      if (!made) return;
      made.open = true;
      made.scrollIntoView({ block: "nearest" });
      made.querySelector("summary").focus();
    },
  };
}
