// SPDX-License-Identifier: LGPL-2.1-or-later
// Lists hosts, adds and pairs them, lists a host's apps with links to the stream page.
import { hideModal, json, lines, showError, showModal } from "./api.js"

const hosts = new Map()

function card(tag, title, detail) {
    const element = document.createElement(tag)
    element.className = "card"
    const head = document.createElement("strong")
    head.textContent = title
    const foot = document.createElement("span")
    foot.textContent = detail
    element.append(head, foot)
    return element
}

function hostDetail(host) {
    if (host.server_state === null) return "offline or not asked yet"
    return `${host.paired === "Paired" ? "paired" : "not paired: click to pair"}, ${host.server_state.toLowerCase()}`
}

function showHosts() {
    const cards = [...hosts.values()].map(host => {
        const element = card("button", host.name, hostDetail(host))
        element.addEventListener("click", () => (host.paired === "Paired" ? showApps(host) : pair(host)).catch(showError))
        return element
    })
    document.getElementById("host-list").replaceChildren(...cards)
}

function addHost(host) {
    hosts.set(host.host_id, { ...hosts.get(host.host_id), ...host })
    showHosts()
}

async function listHosts() {
    await lines("GET", "/hosts", undefined, value => (value.hosts ?? [value]).forEach(addHost))
}

async function pair(host) {
    await lines("POST", "/pair", { host_id: host.host_id }, value => {
        if (value.Pin !== undefined) showModal(`Pairing with ${host.name}`, value.Pin, "pin")
        else if (value.Paired !== undefined) addHost(value.Paired)
        else showError(new Error(`Pairing failed: ${value}`))
    }).finally(hideModal)
}

async function showApps(host) {
    const { apps } = await json("GET", `/apps?host_id=${host.host_id}`)
    const cards = apps.map(app => {
        const element = card("a", app.title, `app ${app.app_id}`)
        element.href = `stream.html?hostId=${host.host_id}&appId=${app.app_id}`
        return element
    })
    document.getElementById("apps-title").textContent = `Apps of ${host.name}`
    document.getElementById("app-list").replaceChildren(...cards)
    document.getElementById("apps").hidden = false
}

document.getElementById("host-add").addEventListener("submit", event => {
    event.preventDefault()
    json("POST", "/host", { address: document.getElementById("host-address").value.trim() })
        .then(({ host }) => addHost({ server_state: null, ...host }))
        .catch(showError)
})

listHosts().catch(showError)
