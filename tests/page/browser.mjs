// SPDX-License-Identifier: Apache-2.0
// Chromium, as the tests and the benchmark of the page use it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

// What was fetched into the folder of packages.
export const packagesOf = (folder) => createRequire(join(resolve(folder), "package.json"));

export function launch(packages, chromium) {
    return packages("playwright-core").chromium.launch({ executablePath: chromium });
}

// The token of the memory that KORORA_HOME names.
export const token = () => readFileSync(join(process.env.KORORA_HOME, "token"), "utf8").trim();

// A browser with a session of its own.
export async function signedIn(browser, url, options = {}) {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    const page = await context.newPage();
    await page.goto(`${url}/login?token=${token()}`);
    await page.waitForSelector("main h1");
    await page.close();
    return context;
}
