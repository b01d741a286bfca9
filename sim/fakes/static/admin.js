// SPDX-License-Identifier: LGPL-2.1-or-later
// Lists the users; only an admin is told them.
import { json, showError } from "./api.js"

async function listUsers() {
    const { users } = await json("GET", "/users")
    document.getElementById("user-list").replaceChildren(...users.map(user => {
        const element = document.createElement("div")
        element.className = "card"
        element.innerHTML = "<strong></strong><span></span>"
        element.firstChild.textContent = user.name
        element.lastChild.textContent = user.role
        return element
    }))
}

listUsers().catch(showError)
