//! Plain functions that become tools by being passed to an agent, or by being selected by a model's output.

use crate::project::of_rule;

const RULE: &str = "tool-without-confirmation";

fn agent(imports: &str, made: &str) -> usize {
    let text = format!(
        "import os\n{imports}\ndef delete_file(path: str) -> str:\n    '''Delete a file.'''\n    os.remove(path)\n    return 'ok'\n{made}\n"
    );
    of_rule(RULE, &text).len()
}

#[test]
fn a_function_that_is_handed_to_an_agent_is_its_tool() {
    for (imports, made) in [
        (
            "from langgraph.prebuilt import create_react_agent\nfrom langchain_openai import ChatOpenAI",
            "create_react_agent(ChatOpenAI(), tools=[delete_file])",
        ),
        (
            "from llama_index.core.agent.workflow import FunctionAgent",
            "FunctionAgent(tools=[delete_file], llm=None)",
        ),
        (
            "from llama_index.core.agent.workflow import FunctionAgent\nfrom llama_index.core.tools import FunctionTool",
            "FunctionAgent(tools=[FunctionTool.from_defaults(delete_file)], llm=None)",
        ),
        (
            "from llama_index.core.agent import ReActAgent\nfrom llama_index.core.tools import FunctionTool",
            "ReActAgent.from_tools([FunctionTool.from_defaults(fn=delete_file)], llm=None)",
        ),
        ("from agno.agent import Agent", "Agent(tools=[delete_file])"),
        (
            "from google.adk.agents import Agent",
            "Agent(name='x', model='gemini-2.0-flash', tools=[delete_file])",
        ),
        ("from autogen_agentchat.agents import AssistantAgent", "AssistantAgent('a', tools=[delete_file])"),
        (
            "from google import genai\nfrom google.genai import types",
            "genai.Client().models.generate_content(model='m', contents=input(), config=types.GenerateContentConfig(tools=[delete_file]))",
        ),
    ] {
        assert_eq!(agent(imports, made), 1, "{made}");
    }
    let graph = "from langgraph.prebuilt import create_react_agent\nfrom langchain_openai import ChatOpenAI";
    assert_eq!(
        agent(graph, "create_react_agent(ChatOpenAI(), tools=[delete_file], interrupt_before=['tools'])"),
        0
    );
    assert_eq!(agent("import toolbox", "toolbox.Box(tools=[delete_file])"), 0);
}

#[test]
fn a_tool_of_a_library_is_handed_over_too() {
    let made = |tool: &str| {
        of_rule(RULE, &format!(
            "from langchain_community.tools import ShellTool, WikipediaQueryRun\nfrom langgraph.prebuilt import create_react_agent\nfrom langchain_openai import ChatOpenAI\ncreate_react_agent(ChatOpenAI(), tools=[{tool}()])\n"
        ))
        .len()
    };
    assert_eq!((made("ShellTool"), made("WikipediaQueryRun")), (1, 0));
}

#[test]
fn a_function_that_is_picked_by_name_is_one() {
    let program = |described: &str, pick: &str| {
        of_rule(RULE, &format!(
            "import json, os\nfrom openai import OpenAI\nclient = OpenAI()\ndef delete_file(path):\n    os.remove(path)\nTOOLS = [{described}]\nr = client.responses.create(model='m', input=input(), tools=TOOLS)\nfor item in r.output:\n    {pick}\n"
        ))
        .len()
    };
    let flat = "{'type': 'function', 'name': 'delete_file', 'description': 'd', 'parameters': {}}";
    let nested =
        "{'type': 'function', 'function': {'name': 'delete_file', 'description': 'd', 'parameters': {}}}";
    let by_name = "globals()[item.name](**json.loads(item.arguments))";
    let by_test = "if item.name == 'delete_file': delete_file(json.loads(item.arguments)['path'])";
    for (described, pick) in [(flat, by_name), (flat, by_test), (nested, by_name), (nested, by_test)] {
        assert_eq!(program(described, pick), 1, "{described} {pick}");
    }
}
