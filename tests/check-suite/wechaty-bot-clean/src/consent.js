import fs from 'node:fs';

const FILE = 'data/answers.json';
const answers = new Map(fs.existsSync(FILE) ? Object.entries(JSON.parse(fs.readFileSync(FILE, 'utf8'))) : []);

export const QUESTION = '要让我记住你在群里说过的话吗？请回复“同意”或“不同意”。随时发“忘记我”可以删除。';

export function hear(member, text) {
  if (text !== '同意' && text !== '不同意') return false;
  answers.set(member, text);
  fs.writeFileSync(FILE, JSON.stringify(Object.fromEntries(answers)));
  return true;
}

export const agreed = (member) => answers.get(member) === '同意';

export const forget = (member) => {
  answers.delete(member);
  fs.writeFileSync(FILE, JSON.stringify(Object.fromEntries(answers)));
};

/** Wraps an action on a member's memory; without a yes it does nothing. */
export const onlyIfAgreed = (action, otherwise) => async (member, ...rest) =>
  agreed(member) ? action(member, ...rest) : otherwise;
