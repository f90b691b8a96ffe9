/** A transcript in the administration: its answers as their owner saw them. */

import { renderSoon } from "./page/finished.js";

renderSoon(document);
