// SPDX-License-Identifier: Apache-2.0
// Elements made of text. What is stored becomes text nodes and attributes that name nothing to run; no string of the
// page is ever read as HTML.

function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
        if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
        else if (value === true) node.setAttribute(name, "");
        else if (value !== false && value != null) node.setAttribute(name, value);
    }
    node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
    return node;
}

// el("a", { href: "#/", on: { click } }, "text", [more])
export function el(name, attributes, ...children) {
    return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

// Words beside what matters.
export const quiet = (...children) => el("span", { class: "quiet" }, children);

// For who does not see the page change.
export function say(text) {
    document.getElementById("said").textContent = text;
}

export function count(n, one, many = one + "s") {
    return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

// What one reads in a list: the title, or the first line of the text.
export function titleOf(event) {
    return event.title?.trim() || event.text?.trim().split("\n", 1)[0] || "(no text)";
}
