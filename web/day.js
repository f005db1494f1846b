// SPDX-License-Identifier: Apache-2.0
// A day: its stretches of work, and the events of each.
import { timeline } from "./api.js";
import { count, el, quiet, svg, titleOf } from "./dom.js";
import { kindClass, kindCounts, kindMark, tagMark } from "./labels.js";
import { clock, dayName, dayOf, isDay, lasting, minuteOf, moment, plusDays } from "./times.js";

const SHOWN = 4; // events of a stretch before the others are folded away
const MINUTES = 1440;

const dayLink = (day) => `#/day/${day}`;

// ---- The day at a glance ----

// One source: when it was at work, and each event as a line in the colour of its kind.
function lane(stretches) {
    const parts = stretches.map((s) => {
        const from = minuteOf(s.from), to = minuteOf(s.to);
        return svg("rect", { class: "band", x: from - 3, y: 0, width: to - from + 6, height: 20, rx: 3 });
    });
    const lines = stretches.flatMap((s) => s.list).map((e) =>
        svg("line", { class: kindClass(e.labels.kind?.[0]), x1: minuteOf(e.time), x2: minuteOf(e.time), y1: 3, y2: 17 }));
    return svg("svg", { viewBox: `0 0 ${MINUTES} 20`, preserveAspectRatio: "none" }, parts, lines);
}

function glance(stretches, now) {
    const sources = [...new Set(stretches.map((s) => s.source))];
    const hours = [0, 3, 6, 9, 12, 15, 18, 21, 24];
    const words = stretches.map((s) => `${s.source} ${clock(s.from)} to ${clock(s.to)}`).join("; ");
    const grid = svg("svg", { class: "grid", viewBox: `0 0 ${MINUTES} 10`, preserveAspectRatio: "none" },
        hours.map((h) => svg("line", { x1: h * 60, x2: h * 60, y1: 0, y2: 10 })),
        now != null && svg("line", { class: "now", x1: now, x2: now, y1: 0, y2: 10 }));
    return el("div", { class: "glance", role: "img", "aria-label": `When: ${words}` },
        el("div", { class: "sources" }, sources.map((source) => el("span", {}, source))),
        el("div", { class: "lanes" }, grid, sources.map((source) => lane(stretches.filter((s) => s.source === source)))),
        el("div", { class: "hours" }, hours.map((h) => el("span", {}, String(h).padStart(2, "0")))));
}

// ---- Stretches ----

function row(e, timed = true) {
    return el("li", {},
        el("a", { class: timed ? "event" : "event alone", href: `#/event/${e.event}`, "data-key": `e${e.event}` },
            timed && el("time", { datetime: e.time }, clock(e.time)),
            el("span", { class: "title" }, titleOf(e)),
            kindMark(e.labels.kind?.[0])));
}

function kinds(events) {
    const counts = kindCounts(events);
    return counts.length > 0 && el("ul", { class: "kinds", "aria-label": "Kinds" },
        counts.slice(0, 5).map(([kind, n]) => el("li", { class: `kind ${kindClass(kind)}` }, `${kind} ${n}`)));
}

function tags(events) {
    const all = new Map();
    for (const tag of events.flatMap((e) => e.labels.tags ?? [])) all.set(tag, (all.get(tag) ?? 0) + 1);
    const most = [...all].sort((a, b) => b[1] - a[1]).slice(0, 4);
    return most.length > 0 && el("p", { class: "tags" }, most.map(([tag]) => [tagMark(tag), " "]));
}

function folded(s) {
    const more = s.list.slice(SHOWN);
    return more.length > 0 && el("details", { "data-key": `s${s.first}` },
        el("summary", { "data-key": `m${s.first}` }, `${s.events - SHOWN} more`),
        el("ul", { class: "events" }, more.map((e) => row(e))),
        s.events > s.list.length &&
            el("p", { class: "quiet" }, `${count(s.events - s.list.length, "event")} after these; a search finds them.`));
}

function stretch(s) {
    const apps = [...new Set(s.list.map((e) => e.app).filter((app) => app && app !== s.source))];
    const alone = s.events === 1;
    return el("li", { class: "stretch" },
        el("p", { class: "span" },
            el("strong", {}, clock(s.from)), !alone && ` – ${clock(s.to)}`,
            !alone && quiet(lasting(s.from, s.to))),
        el("div", { class: "sheet" },
            el("div", { class: "head" },
                el("h2", {}, s.source, apps.length > 0 && quiet(` in ${apps.slice(0, 3).join(", ")}`)),
                !alone && [quiet(count(s.events, "event")), kinds(s.list)]),
            el("ul", { class: "events" }, s.list.slice(0, SHOWN).map((e) => row(e, !alone))),
            folded(s),
            tags(s.list)));
}

// ---- The view ----

function steps(day, today) {
    return el("div", { class: "steps", role: "group", "aria-label": "Choose a day" },
        el("a", { class: "button", href: dayLink(plusDays(day, -1)), "aria-label": "Previous day" }, "←"),
        el("a", { class: "button", href: dayLink(plusDays(day, 1)), "aria-label": "Next day" }, "→"),
        el("input", {
            type: "date", value: day, "aria-label": "Day",
            on: { change: (e) => isDay(e.target.value) && (location.hash = dayLink(e.target.value)) },
        }),
        day !== today && el("a", { class: "button", href: "#/" }, "Today"),
        el("span", { class: "keys quiet", "aria-hidden": "true" }, el("kbd", {}, "←"), " ", el("kbd", {}, "→"), " days"));
}

function lead(stretches, events) {
    const minutes = stretches.reduce((sum, s) => sum + (new Date(s.to) - new Date(s.from)), 0);
    const first = stretches[0].from, last = stretches.reduce((max, s) => (new Date(s.to) > new Date(max) ? s.to : max), first);
    return el("p", { class: "lead" }, [
        count(events, "event"),
        `${count(stretches.length, "stretch", "stretches")} of work`,
        minutes >= 60000 && lasting(0, minutes),
        first !== last && `${clock(first)} to ${clock(last)}`,
    ].filter(Boolean).join(" · "));
}

async function empty(day, today, signal) {
    const latest = (await timeline({}, signal)).days.at(-1);
    return el("section", { class: "notice" },
        el("img", { src: "/web/penguin.svg", alt: "", width: 72, height: 72 }),
        el("p", {}, day === today ? "Nothing has been remembered today." : "Nothing is remembered of this day."),
        latest ? el("p", {}, el("a", { class: "button main", href: dayLink(latest.day) }, `Go to ${dayName(latest.day)}`),
            quiet(` the latest day, with ${count(latest.events, "event")}`))
            : el("p", {}, "The memory is empty. ", el("code", {}, "korora add"), " and ", el("code", {}, "korora import"),
                " put something into it."));
}

function speaking(events) {
    return events.length > 0 && el("section", { class: "speaking" },
        el("h2", {}, "Other events speak of this day"),
        el("ul", { class: "events sheet" }, events.map((e) => el("li", {},
            el("a", { class: "event", href: `#/event/${e.event}` },
                el("time", { datetime: e.time }, moment(e.time)),
                el("span", { class: "title" }, titleOf(e)),
                quiet(e.source))))));
}

export async function day({ word }, signal) {
    const reply = await timeline({ range: isDay(word) ? word : "today", list: "true" }, signal);
    const number = reply.from.slice(0, 10);
    const today = dayOf(Date.now());
    const { stretches = [], events = 0 } = reply.days[0] ?? {};
    const now = number === today ? minuteOf(Date.now()) : null;
    const node = el("article", { class: "day" },
        steps(number, today),
        el("h1", { tabindex: "-1" }, number === today && el("span", { class: "eyebrow" }, "Today "), dayName(number)),
        stretches.length > 0 ? [
            lead(stretches, events),
            glance(stretches, now),
            el("ol", { class: "stretches" }, stretches.map(stretch)),
        ] : await empty(number, today, signal),
        speaking(reply.speaking_of_it));
    const content = JSON.stringify(reply);
    return {
        title: dayName(number),
        node,
        content,
        same: (other) => other.content === content,
        step: { ArrowLeft: dayLink(plusDays(number, -1)), ArrowRight: dayLink(plusDays(number, 1)) },
    };
}
