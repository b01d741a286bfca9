// SPDX-License-Identifier: LGPL-2.1-or-later
// The stream page as upstream's version 3 has it: one offer and one answer over HTTP, no socket, words in the user's language.
import { end, hideModal, home, iceServers, loadSettings, notify, offer, showModal, trickle } from "./api.js"

const VIDEO_SIZES = { "720p": [1280, 720], "1080p": [1920, 1080], "1440p": [2560, 1440], "4k": [3840, 2160] }
const WORDS = {
    en: { sendKeycode: "Send Keycode", lockMouse: "Lock Mouse", keyboard: "Keyboard", fullscreen: "Fullscreen", stats: "Stats", exit: "Exit" },
    de: { sendKeycode: "Taste senden", lockMouse: "Maus sperren", keyboard: "Tastatur", fullscreen: "Vollbild", stats: "Statistik", exit: "Beenden" },
}

/** Not on the transport, not on the stream: whoever wants the connection must see it being made. */
let peer = null
let location_ = null

function withWishes(sdp, hostId, appId, settings) {
    const [width, height] = VIDEO_SIZES[settings.videoSize] ?? [settings.videoSizeCustom.width, settings.videoSizeCustom.height]
    const wishes = {
        "host-id": hostId, "app-id": appId, mode: `${width}x${height}x${settings.fps}`, bitrate: settings.bitrate, hdr: settings.hdr ? 1 : 0,
        "local-audio-play-mode": 0, control: "simple",
    }
    const lines = Object.entries(wishes).map(([name, value]) => `a=x-moonlight-${name}:${value}\r\n`).join("")
    return sdp.replace(/^m=/m, lines + "m=")
}

class Stream {
    constructor(hostId, appId, settings) {
        this.hostId = hostId
        this.appId = appId
        this.settings = settings
        this.waiting = []
        this.video = document.createElement("video")
        this.video.className = "video-stream"
        this.video.playsInline = true
        this.video.autoplay = true
        this.video.muted = true
        this.audio = document.createElement("audio")
        this.audio.className = "audio-stream"
        this.audio.autoplay = true
        document.getElementById("root").prepend(this.video, this.audio)
    }

    async start() {
        peer = new RTCPeerConnection({ iceServers: await iceServers() })
        peer.addEventListener("icecandidate", event => this.candidate(event.candidate))
        peer.addEventListener("connectionstatechange", () => this.onState(peer.connectionState))
        peer.addEventListener("track", event => this.onTrack(event.track))
        peer.addTransceiver("video", { direction: "recvonly" })
        peer.addTransceiver("audio", { direction: "recvonly" })
        peer.createDataChannel("control")
        await peer.setLocalDescription(await peer.createOffer())
        const { answer, location } = await offer(withWishes(peer.localDescription.sdp, this.hostId, this.appId, this.settings))
        location_ = location
        document.title = /^a=x-moonlight-app-name:(.*?)\r?$/m.exec(answer)?.[1] ?? document.title
        await peer.setRemoteDescription({ type: "answer", sdp: answer })
        this.flush()
    }

    candidate(candidate) {
        if (!candidate?.candidate) return
        this.waiting.push(candidate.candidate)
        if (location_) this.flush()
    }

    flush() {
        if (this.waiting.length) trickle(location_, this.waiting.splice(0)).catch(console.error)
    }

    onTrack(track) {
        const element = track.kind === "video" ? this.video : this.audio
        element.srcObject = new MediaStream([track])
        element.play().catch(() => {})
    }

    onState(state) {
        if (state === "connected") hideModal()
        else if (state === "disconnected") notify("Connection is interrupted")
        else if (state === "failed") showModal("Connection has failed")
    }

    async stop() {
        peer?.close()
        if (location_) await end(location_)
        return location_ !== null
    }
}

function buildSidebar(stream, words) {
    const root = document.getElementById("sidebar-root")
    const holder = document.createElement("div")
    const buttons = document.createElement("div")
    const actions = {
        sendKeycode: () => {}, lockMouse: () => document.getElementById("input").requestPointerLock(), keyboard: () => document.getElementById("input").focus(),
        fullscreen: () => document.body.requestFullscreen(), stats: () => {}, exit: () => leave(stream),
    }
    holder.className = "sidebar-stream"
    buttons.className = "sidebar-stream-buttons"
    for (const [name, action] of Object.entries(actions)) {
        const button = document.createElement("button")
        button.innerText = words[name]
        button.addEventListener("click", action)
        buttons.append(button)
    }
    holder.append(buttons)
    document.getElementById("sidebar-parent").append(holder)
    document.getElementById("sidebar-button").addEventListener("click", () => root.classList.toggle("sidebar-show"))
    for (const type of ["click", "keydown", "keyup"]) root.addEventListener(type, event => event.stopPropagation())
}

async function leave(stream) {
    await stream.stop()
    window.close()
    setTimeout(() => window.location.replace(home), 0)
}

async function startApp() {
    const query = new URLSearchParams(window.location.search)
    const hostId = Number.parseInt(query.get("hostId"), 10)
    const appId = Number.parseInt(query.get("appId"), 10)

    if (Number.isNaN(hostId) || Number.isNaN(appId)) {
        showModal("No Host or no App Id found")
        return
    }
    showModal("Connecting")
    const settings = await loadSettings(query)
    document.documentElement.lang = settings.language
    const stream = new Stream(hostId, appId, settings)
    buildSidebar(stream, WORDS[settings.language] ?? WORDS.en)
    await stream.start().catch(error => showModal(error.message))
}

startApp()
