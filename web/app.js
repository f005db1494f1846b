// SPDX-License-Identifier: Apache-2.0
// From the address to a view: #/day/2026-11-24, #/search?q=..., #/event/12, #/models/tags. A view is a function of
// the place and a signal; it gives a title and a node once it has all it shows, so that nothing flickers.
import { Failure, live, when } from "./api.js";
import { el, say } from "./dom.js";
import { setZone } from "./times.js";
import { day } from "./day.js";
import { event } from "./event.js";
import { model, models } from "./models.js";
import { search } from "./search.js";
import { signIn } from "./signin.js";

const main = document.getElementById("main"), box = document.getElementById("q");
let shown = { name: "", node: null }; // name: of the view
let turn = new AbortController(); // of what is being fetched
let ready = false; // the zone is known, and so there is a session

function readPlace() {
    const [path, query = ""] = location.hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
    const [name, word = ""] = path.split("/").map((part) => {
        try {
            return decodeURIComponent(part);
        } catch {
            return part;
        }
    });
    return { name: name || "day", word, query: Object.fromEntries(new URLSearchParams(query)) };
}

function viewOf({ name, word }) {
    if (name === "models") return word ? model : models;
    return { day, event, search }[name] ?? nothing;
}

async function nothing() {
    return { title: "Nothing here", node: notice("There is nothing here", "The address leads to no view.") };
}

function notice(heading, text, again) {
    return el("section", { class: "notice" },
        el("h1", { tabindex: "-1" }, heading),
        el("p", {}, text),
        again && el("button", { on: { click: () => go({ focus: true }) } }, "Try again"));
}

function failed(error) {
    if (error.status === 401) return signIn(() => location.reload());
    const missing = error.status === 404;
    return { title: "Error", node: notice(missing ? "It is not there" : "That did not work", error.message, !missing) };
}

function show(view, name, focus) {
    shown = { ...view, name };
    main.replaceChildren(view.node);
    main.removeAttribute("aria-busy");
    document.body.classList.toggle("locked", view.locked === true);
    document.title = `${view.title} · Korora`;
    for (const link of document.querySelectorAll("nav [data-view]")) {
        if (link.dataset.view === name) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
    }
    if (!focus) return;
    scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
}

// Show what the address says. focus: the user went there, and is not typing.
async function go({ focus }) {
    const place = readPlace();
    turn.abort();
    turn = new AbortController();
    const { signal } = turn;
    main.setAttribute("aria-busy", "true");
    if (place.name !== "search") box.value = "";
    else if (document.activeElement !== box) box.value = place.query.q ?? "";
    let view;
    try {
        if (!ready) {
            setZone((await when("today", signal)).zone);
            ready = true;
            listen();
        }
        view = await viewOf(place)(place, signal, { reload: () => go({ focus: false }) });
    } catch (error) {
        if (error.name === "AbortError") return;
        if (!(error instanceof Failure)) console.error(error);
        view = failed(error);
    }
    if (!signal.aborted) show(view, place.name, focus);
}

// ---- What changes by itself ----

function listen() {
    let waiting = 0;
    // An import tells of many at once.
    live(() => {
        clearTimeout(waiting);
        waiting = setTimeout(refresh, 250);
    });
}

// The day anew, with what is open, focused and scrolled to as it was.
async function refresh() {
    if (shown.name !== "day" || !ready) return;
    const { node: before } = shown, { signal } = turn;
    const view = await day(readPlace(), signal).catch(() => null);
    if (!view || signal.aborted || shown.node !== before || view.same(shown)) return;
    const open = new Set([...before.querySelectorAll("details[open]")].map((d) => d.dataset.key));
    for (const details of view.node.querySelectorAll("details")) details.open = open.has(details.dataset.key);
    const held = before.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const at = scrollY;
    show(view, "day", false);
    scrollTo(0, at);
    if (held) view.node.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

// ---- Search, from every view ----

function type() {
    const target = `#/search?${new URLSearchParams({ q: box.value })}`;
    if (readPlace().name === "search") history.replaceState(null, "", target);
    else history.pushState(null, "", target);
    go({ focus: false });
}

function onKey(e) {
    if (e.altKey || e.ctrlKey || e.metaKey || e.isComposing) return;
    const typing = e.target.closest("input, select, textarea");
    const hits = [...main.querySelectorAll("a.hit")];
    const at = hits.indexOf(document.activeElement);
    if (e.key === "/" && !typing) box.select();
    else if (e.key === "Escape" && e.target === box && box.value) {
        box.value = "";
        type();
    } else if (e.key === "ArrowDown" && hits.length && (e.target === box || at >= 0)) {
        hits[Math.min(at + 1, hits.length - 1)].focus();
    } else if (e.key === "ArrowUp" && at >= 0) (hits[at - 1] ?? box).focus();
    else if (shown.step?.[e.key] && !typing && !e.shiftKey) location.hash = shown.step[e.key];
    else return;
    e.preventDefault();
}

box.addEventListener("input", type);
document.getElementById("search").addEventListener("submit", (e) => {
    e.preventDefault();
    (main.querySelector("a.hit") ?? box).focus();
});
document.querySelector(".skip").addEventListener("click", (e) => {
    e.preventDefault();
    main.focus();
});
document.addEventListener("keydown", onKey);
addEventListener("hashchange", () => {
    say("");
    go({ focus: true });
});
go({ focus: false });
