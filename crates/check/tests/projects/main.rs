//! Small projects, and what the check reports for them.

#[cfg(test)]
mod asked;
#[cfg(test)]
mod bots;
#[cfg(test)]
mod by_name;
mod by_shape;
#[cfg(test)]
mod carried;
#[cfg(test)]
mod class_tools;
#[cfg(test)]
mod closed;
#[cfg(test)]
mod compiled;
#[cfg(test)]
mod composed;
#[cfg(test)]
mod consent;
#[cfg(test)]
mod demands;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod editing;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod fixes;
#[cfg(test)]
mod flaws;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod granted;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod handed_tools;
#[cfg(test)]
mod held;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod lent;
#[cfg(test)]
mod let_in;
#[cfg(test)]
mod loaded;
#[cfg(test)]
mod low_code;
#[cfg(test)]
mod members;
#[cfg(test)]
mod notebooks;
#[cfg(test)]
mod offered;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod passed;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod project;
#[cfg(test)]
mod real_life;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod resumed;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod sdks;
mod servers;
#[cfg(test)]
mod sinks;
#[cfg(test)]
mod swift;
#[cfg(test)]
mod switches;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod unnamed;
#[cfg(test)]
mod unread;
mod unseen;
#[cfg(test)]
mod wired;
