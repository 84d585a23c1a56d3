import SwiftUI

@main
struct NightlightApp: App {
    @StateObject private var model = DiaryModel()
    @StateObject private var consent = ConsentCenter.shared

    var body: some Scene {
        WindowGroup {
            TabView {
                DiaryView().environmentObject(model)
                SleepView()
                SettingsView()
            }
            .sheet(isPresented: $consent.isAsking) { ConsentView() }
        }
    }
}
