import SwiftUI

struct DiaryView: View {
    @EnvironmentObject var model: DiaryModel
    @State private var title = ""

    var body: some View {
        NavigationStack {
            List(model.entries) { entry in
                Text(entry.content)
            }
            TextField("How was your day?", text: $model.draft)
                .onSubmit { send() }
            Button("Write") { send() }
            Button("Suggest a title") {
                Task { title = await TitleMaker().title(for: model.draft) }
            }
            Button("Second opinion") {
                Task { await model.secondOpinion() }
            }
            Button("Only on this phone") {
                Task { title = await OfflineCoach().answer(model.draft) }
            }
            Text(title)
        }
    }

    private func send() {
        Task { await model.send() }
    }
}

#Preview {
    DiaryView().environmentObject(DiaryModel())
}
