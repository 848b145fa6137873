// The description of the service, drawn from its openapi.json. (Pages that come with FastAPI load scripts from elsewhere.)
import { element } from "./live_text.js";

const row = (kind, cells) => element("tr", "", ...cells.map((cell) => element(kind, "", cell)));

function table(head, rows) {
  return element("table", "", element("thead", "", row("th", head)), element("tbody", "", ...rows.map((own) => row("td", own))));
}

function kindOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(" or ");
  if (schema.type === "array") return `list of ${schema.items ? kindOf(schema.items) : "values"}`;
  return schema.type ?? "any";
}

function routes(description) {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, own]) =>
      element(
        "section",
        "sheet",
        element("h2", "", `${method.toUpperCase()} ${path}`),
        element("p", "", own.description ?? own.summary ?? ""),
        table(["status", ""], Object.entries(own.responses).map(([status, answer]) => [status, answer.description])),
      ),
    ),
  );
}

function schemas(description) {
  return Object.entries(description.components.schemas).map(([name, schema]) =>
    element(
      "section",
      "sheet",
      element("h2", "", name),
      element("p", "", schema.description ?? ""),
      table(
        ["key", "kind", ""],
        Object.entries(schema.properties ?? {}).map(([key, own]) => [key, kindOf(own), own.description ?? ""]),
      ),
    ),
  );
}

const description = await (await fetch("/openapi.json")).json();
const command = document.querySelector("pre");
command.textContent = command.textContent.replace("ORIGIN", location.origin);
document.getElementById("about").textContent = description.info.description;
document.getElementById("routes").append(...routes(description), ...schemas(description));
