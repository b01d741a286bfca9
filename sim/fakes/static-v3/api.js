// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the API is, and the two things that a stream asks of it: who relays, and an answer to an offer.
const config = window.__CONFIG_JS__

export const base = window.location.origin + config.path_prefix + "/api"
export const home = config.path_prefix + "/"

/** The role's settings, the user's own, and what the address says, later ones first. */
export async function loadSettings(query) {
    const known = { bitrate: 10000, fps: 60, videoSize: "720p", videoSizeCustom: { width: 1280, height: 720 }, hdr: false, language: "en", dataTransport: "auto" }
    const role = await fetch(base + "/settings/default").then(reply => (reply.ok ? reply.json() : null)).catch(() => null)
    const own = JSON.parse(localStorage.getItem("mlSettings") ?? "null")
    const asked = Object.fromEntries(Object.keys(known).filter(name => query.has(name)).map(name => [name, query.get(name)]))
    return { ...known, ...role, ...own, ...asked }
}

/** `<turn:…>; rel="ice-server"; username="u"; credential="c", <…>…` */
function parseLinks(text) {
    return [...text.matchAll(/<([^>]*)>([^<]*)/g)].filter(([, , rest]) => rest.includes('rel="ice-server"')).map(([, urls, rest]) => {
        const server = { urls }
        for (const [, name, value] of rest.matchAll(/(username|credential)="([^"]*)"/g)) server[name] = value
        return server
    })
}

export async function iceServers() {
    const reply = await fetch(base + "/host/stream/webrtc", { method: "OPTIONS" })
    if (!reply.ok || reply.headers.get("Accept-Post") !== "application/sdp") throw new Error(`OPTIONS: ${reply.status}`)
    return parseLinks(reply.headers.get("Link") ?? "")
}

export async function offer(sdp) {
    const reply = await fetch(base + "/host/stream/webrtc", { method: "POST", headers: { "Content-Type": "application/sdp" }, body: sdp })
    if (reply.status !== 201) throw new Error(`${reply.status} ${await reply.text()}`)
    return { answer: await reply.text(), location: new URL(reply.headers.get("Location"), window.location.origin).href }
}

export async function trickle(location, candidates) {
    const body = candidates.map(candidate => `a=${candidate}\r\n`).join("")
    const reply = await fetch(location, { method: "PATCH", headers: { "Content-Type": "application/trickle-ice-sdpfrag" }, body })
    if (reply.status !== 204) console.warn("a candidate was refused:", reply.status)
}

export async function end(location) {
    await fetch(location, { method: "DELETE", keepalive: true })
}

export function notify(text) {
    const line = document.createElement("p")
    line.textContent = text
    document.getElementById("notification-list").append(line)
    setTimeout(() => line.remove(), 8000)
}

export function showModal(text) {
    const line = document.createElement("p")
    line.textContent = text
    document.getElementById("modal-parent").replaceChildren(line)
    document.getElementById("modal-overlay").classList.remove("modal-disabled")
}

export function hideModal() {
    document.getElementById("modal-overlay").classList.add("modal-disabled")
}
