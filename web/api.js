// SPDX-License-Identifier: Apache-2.0
// What the page asks the server. A failure is a Failure, whose message is for people; a request that was given up
// ends with an AbortError.

export class Failure extends Error {
    constructor(status, message) {
        super(message);
        this.status = status; // of HTTP; 0: the server was not reached
    }
}

async function ask(method, target, { signal, body } = {}) {
    const request = { method, signal };
    if (body) Object.assign(request, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
    let reply, value;
    try {
        reply = await fetch(target, request);
        value = await reply.json();
    } catch (error) {
        if (error.name === "AbortError") throw error;
        if (!reply) throw new Failure(0, "The server cannot be reached. Does korora serve still run?");
    }
    if (!reply.ok) throw new Failure(reply.status, value?.error?.message ?? `the server answered ${reply.status}`);
    if (!value) throw new Failure(500, "The server's answer cannot be read.");
    return value;
}

// A target with those parameters that are there.
function at(path, parameters) {
    const given = Object.entries(parameters).filter(([, value]) => value);
    return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

export const timeline = (parameters, signal) => ask("GET", at("/api/timeline", parameters), { signal });
export const recall = (parameters, signal) => ask("GET", at("/api/recall", parameters), { signal });
export const when = (q, signal) => ask("GET", at("/api/when", { q }), { signal });
export const event = (id, signal) => ask("GET", `/api/events/${id}`, { signal });
export const correct = (id, corrections) => ask("POST", `/api/events/${id}/corrections`, { body: { corrections } });
export const takeBack = (id) => ask("DELETE", `/api/events/${id}/corrections`);
export const models = (signal) => ask("GET", "/api/models", { signal });
export const model = (name, signal) => ask("GET", `/api/models/${encodeURIComponent(name)}`, { signal });
export const figure = (name) => `/api/models/${encodeURIComponent(name)}/figure`;

// Events that have to do with one. An event is shown without them where the server does not say.
export async function related(id, signal) {
    try {
        return (await ask("GET", `/api/events/${id}/related`, { signal })).results;
    } catch (error) {
        if (error.name === "AbortError") throw error;
        return [];
    }
}

// Is it the token? The answer sets the cookie; the token stays out of the history.
export async function login(token) {
    const reply = await fetch(at("/login", { token })).catch(() => {
        throw new Failure(0, "The server cannot be reached.");
    });
    return reply.ok;
}

// Calls heard() after something was stored or changed, while the page is seen. A tab in the background holds no
// connection: a browser has six for a server, for all tabs together.
export function live(heard) {
    let source = null, gone = false;
    const close = () => {
        source?.close();
        source = null;
    };
    const open = () => {
        source = new EventSource("/api/live");
        source.addEventListener("stored", heard);
        source.addEventListener("changed", heard);
        // Closed for good: there is no such thing here, or the session ended.
        source.addEventListener("error", () => (gone = source?.readyState === EventSource.CLOSED));
    };
    document.addEventListener("visibilitychange", () => {
        if (document.hidden) return close();
        if (gone || source) return;
        open();
        heard();
    });
    if (!document.hidden) open();
}
