//! `parat serve`: published layers, or files just handed in, on a map at a local address.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use super::{About, Exit, Failure, Place, ingest, terminal};
use crate::{
    app::App,
    config::Config,
    http,
    store::{Became, State},
};

const EXAMPLES: &str = "\
With files: each is checked; what conforms is shown as published, what does not but can be placed is shown
as a draft, clearly marked. Without --data this leaves nothing behind. Without files: what is published in
the data folder. Stop it with Ctrl-C.

Examples:
  parat serve wards.zip
  parat serve wards.zip roads.gpkg --listen 127.0.0.1:9000
  parat serve --data city";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    /// Files, folders or archives to look at
    #[arg(value_name = "FILES")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    place: Place,
    /// The address to listen at; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The address that links begin with, where a proxy stands before Parat
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Begin with an empty data folder; files are handed in at the page or over HTTP
    #[arg(long, conflicts_with = "files")]
    new: bool,
}

impl Serve {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let mut config = self.place.config(config);
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        // Lives until the server stops, then takes its files with it.
        let scratch;
        if !self.files.is_empty() && self.place.data.is_none() {
            scratch = tempfile::Builder::new().prefix("parat-").tempdir()?;
            scratch.path().clone_into(&mut config.data);
        } else if self.files.is_empty() && !self.new {
            exists(&config.data)?;
        }
        let app = App::open(config)?;
        if !self.files.is_empty() {
            let progress = terminal::Progress::new();
            let ask = self.about.ask()?;
            let arrived = app.preview(
                &self.files,
                &ask,
                &mut |step| progress.step(step),
                &mut |arrived| progress.aside(|| ingest::say(&app, arrived)),
            )?;
            drop(progress);
            let shown = arrived.iter().any(|one| one.became != Became::Withheld);
            if !shown {
                eprintln!("parat: none of the files can be shown on a map; see above");
                return Ok(ingest::exit(&arrived));
            }
        }
        serve(&app, self.public_url.as_deref())
    }
}

/// A data folder that is not there is a misspelt one more often than a new one.
pub(super) fn exists(data: &Path) -> Result<(), Failure> {
    if data.join("catalogue.sqlite").is_file() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "there is no published data in {}; `parat ingest FILE --data {0}` or `parat serve --new --data {0}` makes it, `parat demo` shows an example",
        data.display()
    )))
}

/// Serves until the process is told to stop. The address is the last thing printed.
pub(super) fn serve(app: &App, public: Option<&str>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listen = app.config().listen;
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .map_err(|error| Failure {
                exit: Exit::Internal,
                message: format!(
                    "cannot listen at {listen}: {error}; `--listen 127.0.0.1:0` takes a free port"
                ),
            })?;
        let address = listener.local_addr()?;
        for live in app.live().layers.values() {
            let entry = &live.entry;
            let state = match entry.state {
                State::Published => "published",
                State::Draft => "draft",
                State::Withheld => "kept out",
                State::Staged => "staged",
                State::Retired => "retired",
            };
            println!(
                "  {:<9}  {:<18} {:>8} features  {}",
                state,
                entry.layer.as_str(),
                entry.features,
                entry.summary
            );
        }
        if !address.ip().is_loopback() {
            eprintln!(
                "parat: {address} can be reached from other machines: everybody may read what is public, \
                 changes need a token (`parat user add NAME --role ROLE`)"
            );
        }
        let url = public.map_or_else(|| format!("http://{address}"), str::to_owned);
        println!("Map: {url}/");
        app.tend_pyramids();
        let mut settings = http::Settings::at(&url);
        settings.trusts_local &= address.ip().is_loopback();
        http::serve(listener, app.clone(), settings, stop()).await?;
        Ok(Exit::Good)
    })
}

/// Ends when the process is told to stop (Ctrl-C, or SIGTERM of a service manager).
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        tokio::signal::ctrl_c().await.ok();
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
