// SPDX-License-Identifier: Apache-2.0
// A model's card: as much Markdown as cards have, as elements. What is no such mark is text.
import { el } from "./dom.js";

// `code`, **bold**, and text
function inline(text) {
    return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part, i) => {
        if (i % 2 === 0) return part;
        return part[0] === "`" ? el("code", {}, part.slice(1, -1)) : el("strong", {}, part.slice(2, -2));
    });
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
const isRule = (line) => /^\|?[\s:|-]+$/.test(line) && line.includes("-");

function table(lines, heading) {
    const [head, rule, ...rows] = lines.map(cells);
    const side = (i) => (/-:$/.test(rule[i] ?? "") ? "number" : null);
    const row = (name, list) => el("tr", {}, list.map((cell, i) => {
        const is = i === 0 || name === "col" ? "th" : "td";
        return el(is, { scope: is === "th" && name, class: side(i) }, inline(cell));
    }));
    return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": heading },
        el("table", {},
            head.some(Boolean) && el("thead", {}, row("col", head)),
            el("tbody", {}, rows.map((list) => row("row", list)))));
}

// The card without its first heading, which is the model's name.
export function card(text) {
    const out = [];
    const blocks = text.replace(/\r/g, "").split(/\n{2,}|\n(?=#{1,6} )/);
    let heading = "About the model";
    for (const block of blocks.map((b) => b.replace(/^\n+|\s+$/g, "")).filter(Boolean)) {
        const lines = block.split("\n");
        const title = /^(#{1,6}) (.*)$/.exec(lines[0]);
        if (title) {
            heading = title[2];
            if (title[1] !== "#") out.push(el(title[1] === "##" ? "h2" : "h3", {}, inline(heading)));
            lines.shift();
        }
        if (!lines.length) continue;
        if (lines.length > 1 && isRule(lines[1])) out.push(table(lines, heading));
        else if (lines.every((line) => /^[-*] /.test(line)))
            out.push(el("ul", {}, lines.map((line) => el("li", {}, inline(line.slice(2))))));
        else if (/^```/.test(lines[0])) out.push(el("pre", {}, lines.filter((line) => !/^```/.test(line)).join("\n")));
        else if (lines.every((line) => /^ {4}/.test(line))) out.push(el("pre", {}, lines.map((line) => line.slice(4)).join("\n")));
        else out.push(el("p", {}, inline(lines.join(" "))));
    }
    return out;
}
