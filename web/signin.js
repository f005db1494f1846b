// SPDX-License-Identifier: Apache-2.0
// What somebody sees who has no session.
import { el } from "./dom.js";
import { login } from "./api.js";

// done() is called once there is one.
export function signIn(done) {
    const wrong = el("p", { id: "wrong", class: "wrong", role: "alert" });
    const field = el("input", { id: "token", type: "password", autocomplete: "off", required: true, "aria-describedby": "wrong" });
    const submit = async (e) => {
        e.preventDefault();
        wrong.textContent = "";
        try {
            if (await login(field.value.trim())) return done();
            wrong.textContent = "That is not the token.";
        } catch (error) {
            wrong.textContent = error.message;
        }
        field.focus();
    };
    const node = el("section", { class: "signin" },
        el("img", { src: "/web/penguin.svg", alt: "", width: 88, height: 88 }),
        el("h1", { tabindex: "-1" }, "This memory is private"),
        el("p", {}, "It opens with the address that ", el("code", {}, "korora serve"), " prints when it is started in a terminal:"),
        el("pre", {}, `${location.origin}/login?token=…`),
        el("p", {}, "Or with the token itself, which is in the file ", el("code", {}, "token"), " of the memory’s folder, ",
            el("code", {}, "~/.local/share/korora"), " where nothing else was chosen."),
        el("form", { on: { submit } },
            el("label", { for: "token" }, "Token"),
            el("div", { class: "row" }, field, el("button", { class: "main" }, "Open")),
            wrong));
    return { title: "Sign in", node, locked: true };
}
