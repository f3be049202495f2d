import { render } from "preact";

import { App } from "./app";
import { apply, keptTheme } from "./theme";
import "./style.css";

apply(keptTheme());
render(<App />, document.getElementById("app")!);
