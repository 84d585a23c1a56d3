//! Tools that are classes: described by their members, carried out by a method.

use crate::project::{checked, lines, of_rule};

const TOOL: &str = "tool-without-confirmation";
const EXEC: &str = "untrusted-to-exec";

/// A class with this head and these members, and a method that runs a command.
fn tool(head: &str, members: &str, method: &str) -> String {
    format!(
        "import subprocess\n{head}\n{members}\n    def {method}(self, command):\n        return subprocess.run(command, shell=True)\n"
    )
}

#[test]
fn a_class_that_describes_itself_is_a_tool() {
    let plain = "    name = 'bash'\n    description = 'Execute a bash command'";
    let typed = "    name: str = 'bash'\n    description: str = 'Execute a bash command'";
    let given = "    @property\n    def name(self):\n        return 'bash'\n    @property\n    def description(self):\n        return 'Execute a bash command'";
    let handed = "    def __init__(self):\n        super().__init__(name='bash', description='Execute a bash command')";
    let cases = [
        ("class BashTool:", plain, "execute"),
        ("from langchain.tools import BaseTool\nclass Bash(BaseTool):", typed, "_run"),
        ("from smolagents import Tool\nclass Bash(Tool):", plain, "forward"),
        ("class Bash:\n    parameters = {'type': 'object'}", plain, "run"),
        ("class BashTool:", given, "call"),
        (
            "class Tool:\n    def __init__(self, name, description):\n        self.name = name\nclass BashTool(Tool):",
            handed,
            "execute",
        ),
    ];
    for (head, members, method) in cases {
        let text = tool(head, members, method);
        assert_eq!(of_rule(TOOL, &text).len(), 1, "{text}");
        assert_eq!(of_rule(EXEC, &text).len(), 1, "{text}");
        // Without a description, no model knows of it.
        let silent = text.replace("description", "notes");
        assert!(of_rule(TOOL, &silent).is_empty(), "{silent}");
    }
}

#[test]
fn what_a_person_calls_or_others_fill_in_is_no_tool() {
    let members = "    name = 'ban'\n    description = 'Ban somebody, run a command'";
    for head in
        ["class BanCommand:", "class ToolRegistry:", "from abc import ABC\nclass Tool(ABC):", "class Job:"]
    {
        let text = tool(head, members, "execute");
        assert!(of_rule(TOOL, &text).is_empty(), "{text}");
    }
}

#[test]
fn in_scripts_too() {
    let script = |name: &str| {
        let text = format!(
            "import {{ exec }} from 'child_process';\nexport class {name} {{\n  readonly name = 'bash';\n  readonly description = 'Execute a bash command';\n  async execute(args) {{\n    exec(args.command);\n  }}\n}}\n"
        );
        lines(&checked(&[("src/tool.ts", &text)]))
    };
    let found = script("BashTool");
    assert!(
        found.contains(&format!("{TOOL}@src/tool.ts:6")) && found.contains(&format!("{EXEC}@src/tool.ts:6")),
        "{found:?}"
    );
    assert!(!script("Bash").iter().any(|line| line.starts_with(TOOL)));
}

#[test]
fn what_others_feel_is_asked_for() {
    let tool = |name: &str| {
        let text = format!(
            "from mcp.server.fastmcp import FastMCP\nfrom net import api\nmcp = FastMCP('x')\n@mcp.tool()\ndef {name}(what):\n    return api.go(what)\n"
        );
        of_rule(TOOL, &text).len()
    };
    for name in ["ban_user", "mute_member", "unlock_door", "git_push", "merge_pull_request", "redis_flush"] {
        assert_eq!(tool(name), 1, "{name}");
    }
    for name in ["list_banned", "get_book", "merge_pdfs", "push_ups", "read_unlock_log"] {
        assert_eq!(tool(name), 0, "{name}");
    }
}

#[test]
fn a_question_of_another_command_stands_before_no_tool() {
    let program = |inside: &str, aside: &str| {
        let text = format!(
            "import subprocess, click\nfrom langchain_core.tools import tool\nfrom langchain_openai import ChatOpenAI\n@tool\ndef run_shell(command):\n    return subprocess.run(command, shell=True)\n@click.command()\ndef chat():\n    {inside}\n    ChatOpenAI().bind_tools([run_shell]).invoke(input())\n@click.command()\ndef reset():\n    {aside}\n"
        );
        of_rule(TOOL, &text).len()
    };
    assert_eq!(program("pass", "pass"), 1);
    assert_eq!(program("pass", "click.confirm('Delete the settings?')"), 1);
    assert_eq!(program("click.confirm('Let it run commands?')", "pass"), 0);
}

#[test]
fn a_tool_may_have_its_name_in_its_mark() {
    let text = "import os\nfrom qwen_agent.tools.base import BaseTool, register_tool\n@register_tool('delete_file')\nclass DeleteFile(BaseTool):\n    description = 'Delete a file'\n    parameters = [{'name': 'path'}]\n    def call(self, params, **kwargs):\n        os.remove(params)\n";
    assert_eq!(of_rule("tool-without-confirmation", text).len(), 1);
}
