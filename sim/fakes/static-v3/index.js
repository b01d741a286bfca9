// SPDX-License-Identifier: LGPL-2.1-or-later
// The apps of each host, as links to the stream page.
import { base, notify } from "./api.js"

async function showApps(hostId) {
    const { apps } = await (await fetch(`${base}/apps?host_id=${hostId}`)).json()
    document.getElementById("root").append(...apps.map(app => {
        const link = document.createElement("a")
        link.className = "card"
        link.textContent = app.title
        link.href = `stream.html?hostId=${hostId}&appId=${app.app_id}`
        return link
    }))
}

async function showHosts() {
    const lines = (await (await fetch(base + "/hosts")).text()).split("\n")
    const { hosts } = JSON.parse(lines[0])
    await Promise.all(hosts.map(host => showApps(host.host_id)))
}

showHosts().catch(error => notify(error.message))
