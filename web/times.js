// SPDX-License-Identifier: Apache-2.0
// Times for people, in the zone that the server keeps. A day is "2026-11-24".

const LOCALE = "en-GB";
let zone; // undefined: the browser's

export function setZone(name) {
    try {
        new Intl.DateTimeFormat(LOCALE, { timeZone: name });
        zone = name;
    } catch {
        zone = undefined; // a name that the browser does not know
    }
}

const formats = new Map();
function format(time, options) {
    const key = JSON.stringify(options) + zone;
    if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(LOCALE, { timeZone: zone, ...options }));
    return formats.get(key).format(time);
}

export const clock = (time) => format(new Date(time), { hour: "2-digit", minute: "2-digit" });
const weekday = { weekday: "short", day: "numeric", month: "short" };
const thisYear = (date) => format(date, { year: "numeric" }) === format(new Date(), { year: "numeric" });

// "Tue 17 Nov", and the year when it is another one
export function shortDay(time) {
    const date = new Date(time);
    return format(date, thisYear(date) ? weekday : { ...weekday, year: "numeric" });
}

export const moment = (time) => `${shortDay(time)} ${clock(time)}`;

export function longMoment(time) {
    const day = format(new Date(time), { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    return `${day}, ${clock(time)}`;
}

// The day in the zone that a moment is of.
export function dayOf(time) {
    return new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date(time));
}

// Minutes since midnight, by the clock on the wall.
export function minuteOf(time) {
    const [hours, minutes] = clock(time).split(":").map(Number);
    return hours * 60 + minutes;
}

const noon = (day) => new Date(`${day}T12:00:00Z`);
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(noon(text).getTime());
export const plusDays = (day, n) => new Date(noon(day).getTime() + n * 86400000).toISOString().slice(0, 10);

// "Tuesday 24 November 2026"
export function dayName(day) {
    const options = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
    return new Intl.DateTimeFormat(LOCALE, options).format(noon(day)).replace(",", "");
}

// "2 h 36 min"
export function lasting(from, to) {
    const minutes = Math.round((new Date(to) - new Date(from)) / 60000);
    if (minutes < 60) return `${minutes} min`;
    return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

// A half-open range: "Tue 17 Nov 12:00 to 18:00", "Mon 16 to Sun 22 Nov"
export function range({ from, to }) {
    if (!from && !to) return "any time";
    if (!from) return `before ${moment(to)}`;
    if (!to) return `since ${moment(from)}`;
    if (clock(from) !== "00:00" || clock(to) !== "00:00")
        return dayOf(from) === dayOf(to) ? `${moment(from)} to ${clock(to)}` : `${moment(from)} to ${moment(to)}`;
    const last = new Date(new Date(to) - 1);
    return dayOf(from) === dayOf(last) ? shortDay(from) : `${shortDay(from)} to ${shortDay(last)}`;
}
