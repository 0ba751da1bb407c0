import "./early";

import { PersistQueryClientProvider } from "@tanstack/react-query-persist-client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { persistOptions, queryClient } from "./api/queries";
import { App } from "./app";
import { LanguageProvider } from "./i18n/language";
import { applyTheme, storedTheme } from "./theme";
import { registerWorker } from "./worker/register";

applyTheme(storedTheme());
registerWorker();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <PersistQueryClientProvider client={queryClient} persistOptions={persistOptions}>
        <LanguageProvider>
          <App />
        </LanguageProvider>
      </PersistQueryClientProvider>
    </StrictMode>,
  );
}
