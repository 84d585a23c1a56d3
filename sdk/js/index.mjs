/** The same package for `import`. The code is loaded once, so a program that uses both forms has one subject and one prompt. */

import ombud from "./index.cjs";

export default ombud;
export const {
  Answer, ConsentNotAsked, ConsentRequired, OmbudClient, OmbudError, Question, Unreachable, attach, configure, consent,
  consentPrompt, declareSource, fetch, headers, subject, testing, userConsentRequired,
} = ombud;
