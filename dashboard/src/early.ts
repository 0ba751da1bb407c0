/** Ask for the live readings while the rest of the page is still being put together: imported before all else. */

import { openEarly } from "./api/stream";
import { storedToken } from "./token";

const token = storedToken();
if (token) openEarly(token);
