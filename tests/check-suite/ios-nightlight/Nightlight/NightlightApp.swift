import SwiftUI

@main
struct NightlightApp: App {
    @StateObject private var model = DiaryModel()

    var body: some Scene {
        WindowGroup {
            TabView {
                DiaryView().environmentObject(model)
                SleepView()
                SettingsView()
            }
        }
    }
}
