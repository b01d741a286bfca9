// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the API is, and how the pages call it.
import config from "./config.js"

export const base = window.location.origin + config.path_prefix + "/api"
export const socketBase = base.replace(/^http/, "ws")

export const settings = Object.assign(
    { bitrate: 10000, packetSize: 2048, fps: 60, videoFrameQueueSize: 3, audioSampleQueueSize: 20, playAudioLocal: false, hdr: false },
    config.default_settings ?? {},
    JSON.parse(localStorage.getItem("mlSettings") ?? "null") ?? {},
)

export async function call(method, path, body) {
    const response = await fetch(base + path, {
        method,
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(12000),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
}

export async function json(method, path, body) {
    return (await call(method, path, body)).json()
}

/** Calls `each` with every value of an NDJSON response as soon as its line is complete. */
export async function lines(method, path, body, each) {
    const reader = (await call(method, path, body)).body.pipeThrough(new TextDecoderStream()).getReader()
    let pending = ""
    for (;;) {
        const { done, value } = await reader.read()
        pending += value ?? ""
        const parts = pending.split("\n")
        pending = done ? "" : parts.pop()
        for (const part of parts) if (part.trim()) each(JSON.parse(part))
        if (done) return
    }
}

export function showError(error) {
    console.error(error)
    const line = document.createElement("p")
    line.textContent = error.message ?? String(error)
    document.getElementById("error-list").append(line)
    setTimeout(() => line.remove(), 8000)
}

export function showModal(title, text, className) {
    const box = document.createElement("div")
    box.className = "modal"
    const head = document.createElement("h2")
    head.textContent = title
    const body = document.createElement("p")
    body.textContent = text
    if (className) body.className = className
    box.append(head, body)
    document.getElementById("modal-parent").replaceChildren(box)
    document.getElementById("modal-overlay").classList.remove("modal-disabled")
}

export function hideModal() {
    document.getElementById("modal-overlay").classList.add("modal-disabled")
}
