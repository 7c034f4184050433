using System.Diagnostics;
using System.Globalization;
using OrleansRaft.CrashWriter;

// <sqlite|postgres> <place> <step> <before|during|after>: makes one write of the history and dies at the named point, by SIGKILL.
var (kind, place, step, point) = (args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture), args[3]);
var events = new WriterEvents();
var store = await CrashStores.OpenAsync(kind, place);
var log = await store.OpenAsync(CrashStores.Key, events, CancellationToken.None);
if (CrashHistory.Describe(log) != CrashHistory.After(step - 1))
{
    await Console.Error.WriteLineAsync($"The store holds {CrashHistory.Describe(log)}, and not what is before write {step}.");
    return 1;
}

var journal = new FileInfo(Path.Combine(place, "raft.db-wal"));
await Console.Out.WriteLineAsync($"begins {(journal.Exists ? journal.Length : 0)}");
await Console.Out.FlushAsync();
if (point == "before")
{
    Process.GetCurrentProcess().Kill();
}

var writing = CrashHistory.RunAsync(step, log, events);
if (point == "during")
{
    Process.GetCurrentProcess().Kill();
}

await writing;
await Console.Out.WriteLineAsync("durable");
await Console.Out.FlushAsync();
Process.GetCurrentProcess().Kill();
return 1;
