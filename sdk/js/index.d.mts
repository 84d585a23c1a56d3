import * as ombud from "./index.cjs";

export * from "./index.cjs";
export default ombud;
