// SPDX-License-Identifier: LGPL-2.1-or-later
// The page's style can be chosen in the settings; "standard" is the only one here.
import { settings } from "../api.js"

const style = settings.pageStyle === undefined ? "standard" : String(settings.pageStyle)

if (style === "standard") document.getElementById("style").setAttribute("href", "styles/standard.css")
