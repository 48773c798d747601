// Parses queries: takes a JSON list of {language, text} on standard input, and prints one of lists: where each text has errors.
import { parser as logql } from "@grafana/lezer-logql";
import { parser as traceql } from "@grafana/lezer-traceql";
import { parser as promql } from "@prometheus-io/lezer-promql";
import { readFileSync } from "node:fs";

const parsers = { loki: logql, tempo: traceql, prometheus: promql };

function errors({ language, text }) {
  const found = [];
  parsers[language].parse(text).iterate({
    enter: (node) => {
      if (node.type.isError) found.push(node.from);
    },
  });
  return found;
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(errors)));
