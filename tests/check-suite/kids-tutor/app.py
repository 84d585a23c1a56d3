"""小鹿老师：给海外华人孩子的作文辅导。"""
import gradio as gr

from tutor import lessons, providers
from tutor.profile import Profile


def chat(message, history, child):
    profile = Profile.load(child)
    reply = lessons.route(message)(profile, message)
    profile.note(message, reply)
    return reply


def parents(child):
    return Profile.load(child).report()


with gr.Blocks(title="小鹿老师") as demo:
    name = gr.Textbox(label="你的名字")
    gr.ChatInterface(chat, additional_inputs=[name])
    gr.Button("家长报告").click(parents, name, gr.Textbox())

if __name__ == "__main__":
    providers.warm_up()
    demo.launch(server_name="0.0.0.0", share=True)
