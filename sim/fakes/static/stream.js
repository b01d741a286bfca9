// SPDX-License-Identifier: LGPL-2.1-or-later
// The stream page. `window.app` is the viewer; app.stream.ws is the signalling socket, app.stream.transport.peer the connection.
import { hideModal, settings, showModal, socketBase } from "./api.js"

const H264 = 0x1
const VIDEO_SIZES = { "720p": [1280, 720], "1080p": [1920, 1080], "1440p": [2560, 1440], "4k": [3840, 2160] }
const UNRELIABLE = { ordered: false, maxRetransmits: 0 }

/** The browser's data channels; `general` is made by the server. */
const CHANNELS = {
    stats: {}, mouse_reliable: {}, mouse_absolute: UNRELIABLE, mouse_relative: {}, keyboard: {}, touch: {}, controllers: {}, rtt: {},
}

class WebRTCTransport {
    constructor(send, events) {
        this.send = send
        this.events = events
        this.channels = {}
        this.peer = null
        this.waiting = []
        this.queue = Promise.resolve()
    }

    async start(iceServers) {
        this.peer = new RTCPeerConnection({ iceServers })
        this.peer.addEventListener("icecandidate", event => this.sendCandidate(event.candidate))
        this.peer.addEventListener("connectionstatechange", () => this.events.state(this.peer.connectionState))
        this.peer.addEventListener("track", event => this.events.track(event.track, event.streams[0], event.receiver))
        this.peer.addEventListener("datachannel", event => this.addChannel(event.channel))
        for (const [label, options] of Object.entries(CHANNELS)) this.addChannel(this.peer.createDataChannel(label, options))
        await this.peer.setLocalDescription(await this.peer.createOffer())
        this.sendDescription()
    }

    addChannel(channel) {
        channel.binaryType = "arraybuffer"
        channel.addEventListener("message", event => this.events.message(channel.label, event.data))
        this.channels[channel.label] = channel
    }

    sendDescription() {
        const { type, sdp } = this.peer.localDescription
        this.send({ WebRtc: { Description: { ty: type, sdp } } })
    }

    sendCandidate(candidate) {
        if (!candidate || !candidate.candidate) return
        this.send({ WebRtc: { AddIceCandidate: {
            candidate: candidate.candidate, sdp_mid: candidate.sdpMid, sdp_mline_index: candidate.sdpMLineIndex,
            username_fragment: candidate.usernameFragment,
        } } })
    }

    /** Messages are handled one after the other: a candidate never overtakes its description. */
    receive(message) {
        this.queue = this.queue.then(() => this.handle(message)).catch(error => console.error("signalling:", error))
    }

    async handle(message) {
        if (message.Description) await this.takeDescription(message.Description)
        else if (message.AddIceCandidate) await this.takeCandidate(message.AddIceCandidate)
    }

    async takeDescription({ ty, sdp }) {
        if (ty === "answer" && this.peer.signalingState !== "have-local-offer") return
        await this.peer.setRemoteDescription({ type: ty, sdp })
        if (ty === "offer") {
            await this.peer.setLocalDescription(await this.peer.createAnswer())
            this.sendDescription()
        }
    }

    async takeCandidate({ candidate, sdp_mid, sdp_mline_index }) {
        await this.peer.addIceCandidate({ candidate, sdpMid: sdp_mid, sdpMLineIndex: sdp_mline_index })
    }

    /** Sends a u16 length and JSON; false if the channel is not open. */
    sendJson(label, value) {
        const channel = this.channels[label]
        if (!channel || channel.readyState !== "open") return false
        const text = new TextEncoder().encode(JSON.stringify(value))
        const frame = new Uint8Array(2 + text.length)
        new DataView(frame.buffer).setUint16(0, text.length)
        frame.set(text, 2)
        channel.send(frame)
        return true
    }
}

class Stream {
    constructor(hostId, appId) {
        this.hostId = hostId
        this.appId = appId
        this.listeners = []
        this.statsText = ""
        this.started = false
        this.transport = new WebRTCTransport(message => this.sendWs(message), {
            state: state => this.onState(state),
            track: (track, stream, receiver) => this.onTrack(track, stream, receiver),
            message: (label, data) => this.onChannelMessage(label, data),
        })
        this.video = document.createElement("video")
        this.video.className = "video-stream"
        this.video.playsInline = true
        this.video.autoplay = true
        this.video.muted = true
        this.audio = document.createElement("audio")
        this.audio.className = "audio-stream"
        this.audio.autoplay = true
        this.ws = new WebSocket(socketBase + "/host/stream")
        this.ws.addEventListener("open", () => this.init())
        this.ws.addEventListener("message", event => this.onMessage(event))
        this.ws.addEventListener("close", () => this.debug("Web Socket Closed"))
    }

    mount(parent) {
        parent.prepend(this.video, this.audio)
    }

    addInfoListener(listener) {
        this.listeners.push(listener)
    }

    info(detail) {
        const event = new CustomEvent("stream-info", { detail })
        for (const listener of this.listeners) listener(event)
    }

    debug(line, type) {
        this.info({ type: "addDebugLine", line, additional: type ? { type } : undefined })
    }

    sendWs(message) {
        if (this.ws.readyState === WebSocket.OPEN) this.ws.send(JSON.stringify(message))
    }

    init() {
        this.sendWs({ Init: {
            host_id: this.hostId, app_id: this.appId, video_frame_queue_size: settings.videoFrameQueueSize,
            audio_sample_queue_size: settings.audioSampleQueueSize,
        } })
    }

    onMessage(event) {
        if (typeof event.data !== "string") return
        const message = JSON.parse(event.data)
        if (message.UpdateApp) this.info({ type: "app", app: message.UpdateApp.app })
        else if (message.DebugLog) this.debug(message.DebugLog.message, message.DebugLog.ty)
        else if (message.Setup) this.setup(message.Setup.ice_servers)
        else if (message.WebRtc) this.transport.receive(message.WebRtc)
        else if (message.ConnectionComplete) this.info({ type: "connectionComplete", ...message.ConnectionComplete })
        else if (message.ConnectionTerminated) this.info({ type: "serverMessage", message: `Connection terminated (${message.ConnectionTerminated.error_code})` })
    }

    setup(iceServers) {
        this.sendWs({ SetTransport: "WebRTC" })
        this.transport.start(iceServers).catch(error => this.debug(String(error), "fatal"))
    }

    onState(state) {
        if (state === "connected" && !this.started) this.startStream()
        else if (state === "connected") this.debug("Connection is back", "recover")
        else if (state === "disconnected") this.debug("Connection is interrupted", "informError")
        else if ((state === "failed" || state === "closed") && this.transport.peer.iceGatheringState === "complete") this.debug("Connection has failed", "fatal")
    }

    startStream() {
        const [width, height] = VIDEO_SIZES[settings.videoSize] ?? [settings.videoSizeCustom?.width ?? 1920, settings.videoSizeCustom?.height ?? 1080]
        this.started = true
        this.sendWs({ StartStream: {
            bitrate: settings.bitrate, packet_size: settings.packetSize, fps: settings.fps, width, height,
            play_audio_local: settings.playAudioLocal, video_supported_formats: H264, video_colorspace: "Rec709",
            video_color_range_full: false, hdr: settings.hdr,
        } })
    }

    /** Each kind plays by itself: sound needs a gesture of the user in most browsers, the picture must not wait for it. */
    onTrack(track, stream, receiver) {
        const element = track.kind === "video" ? this.video : this.audio
        if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0
        element.srcObject = new MediaStream([track])
        element.play().catch(() => {})
    }

    onChannelMessage(label, data) {
        if (typeof data === "string" || data.byteLength < 2) return
        const value = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 2)))
        if (label === "general") this.info({ type: "connectionStatus", status: value.ConnectionStatusUpdate?.status })
    }

    /** Resolves once the server can have heard it; false if there is no channel to say it on. */
    async stop() {
        if (!this.transport.sendJson("general", "Stop")) return false
        await new Promise(resolve => setTimeout(resolve, 100))
        return true
    }
}

class ViewerApp {
    constructor(hostId, appId) {
        this.stream = new Stream(hostId, appId)
        this.stream.addInfoListener(event => this.onInfo(event.detail))
        this.stream.mount(document.getElementById("root"))
        this.log = []
        this.statsBox = null
        this.buildSidebar()
        document.addEventListener("pointerdown", () => this.stream.audio.play().catch(() => {}))
        showModal("Connecting", "")
    }

    getStream() {
        return this.stream
    }

    onInfo(detail) {
        if (detail.type === "app") document.title = detail.app.title
        else if (detail.type === "connectionComplete") hideModal()
        else if (detail.type === "serverMessage") showModal("Stream", detail.message)
        else if (detail.type === "addDebugLine") this.onDebugLine(detail.line, detail.additional?.type)
    }

    onDebugLine(line, type) {
        console.debug(line)
        this.log.push(line)
        if (type === "recover") hideModal()
        else if (type === "fatal" || type === "fatalDescription") showModal("Stream ended", line)
        else if (!type && !document.getElementById("modal-overlay").classList.contains("modal-disabled")) showModal("Connecting", line)
    }

    buildSidebar() {
        const root = document.getElementById("sidebar-root")
        const buttons = document.createElement("div")
        buttons.className = "sidebar-stream-buttons"
        const actions = {
            "Send Keycode": () => {}, "Lock Mouse": () => document.getElementById("input").requestPointerLock(),
            "Keyboard": () => document.getElementById("input").focus(), "Fullscreen": () => document.documentElement.requestFullscreen(),
            "Stats": () => this.toggleStats(), "Exit": () => this.exit(),
        }
        for (const [label, action] of Object.entries(actions)) {
            const button = document.createElement("button")
            button.type = "button"
            button.textContent = label
            button.addEventListener("click", action)
            buttons.append(button)
        }
        document.getElementById("sidebar-parent").append(buttons)
        document.getElementById("sidebar-button").addEventListener("click", () => root.classList.toggle("sidebar-show"))
        for (const type of ["click", "keydown", "keyup"]) root.addEventListener(type, event => event.stopPropagation())
    }

    toggleStats() {
        if (this.statsBox) {
            clearInterval(this.statsTimer)
            this.statsBox.remove()
            this.statsBox = null
            return
        }
        this.statsBox = document.createElement("div")
        this.statsBox.className = "video-stats"
        document.getElementById("root").append(this.statsBox)
        this.statsTimer = setInterval(() => this.updateStats().catch(console.error), 500)
    }

    async updateStats() {
        const report = [...(await this.stream.transport.peer.getStats()).values()]
        const video = report.find(entry => entry.type === "inbound-rtp" && entry.kind === "video") ?? {}
        const pair = report.find(entry => entry.type === "candidate-pair" && entry.nominated) ?? {}
        const local = report.find(entry => entry.id === pair.localCandidateId) ?? {}
        this.statsBox.textContent = [
            `video   ${video.frameWidth ?? 0}x${video.frameHeight ?? 0} ${video.framesPerSecond ?? 0} fps`,
            `frames  ${video.framesDecoded ?? 0} decoded, ${video.framesDropped ?? 0} dropped`,
            `path    ${local.candidateType ?? "?"}, ${Math.round((pair.currentRoundTripTime ?? 0) * 1000)} ms`,
        ].join("\n")
    }

    async exit() {
        await this.stream.stop()
        if (window.matchMedia("(display-mode: standalone)").matches) history.back()
        else window.close()
    }
}

async function startApp() {
    const query = new URLSearchParams(window.location.search)
    const hostId = Number.parseInt(query.get("hostId"), 10)
    const appId = Number.parseInt(query.get("appId"), 10)

    if (Number.isNaN(hostId) || Number.isNaN(appId)) {
        showModal("Moonlight Web", "No Host or no App Id found")
        window.close()
        return
    }
    window.app = new ViewerApp(hostId, appId)
}

startApp()
