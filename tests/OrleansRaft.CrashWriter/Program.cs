using System.Diagnostics;
using System.Globalization;
using OrleansRaft.CrashWriter;

// <sqlite|postgres> <place> <step> <before|during|after>: makes one write of the history and dies at the named point, by SIGKILL.
var (kind, place, step, point) = (args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture), args[3]);
var events = new WriterEvents(JournalLength);
var store = await CrashStores.OpenAsync(kind, place);
var log = await store.OpenAsync(CrashStores.Key, events, CancellationToken.None);
if (CrashHistory.Describe(log) != CrashHistory.After(step - 1))
{
    await Console.Error.WriteLineAsync($"The store holds {CrashHistory.Describe(log)}, and not what is before write {step}.");
    return 1;
}

if (kind == "sqlite")
{
    // How far the store has acknowledged before the write: what a power loss in the middle of it leaves.
    File.Copy(Path.Combine(place, "raft.mark"), Path.Combine(place, "mark.before"), overwrite: true);
}

await Console.Out.WriteLineAsync($"begins {JournalLength()}");
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
await Console.Out.WriteLineAsync($"durable {events.Reached}");
await Console.Out.FlushAsync();
Process.GetCurrentProcess().Kill();
return 1;

long JournalLength() => new FileInfo(Path.Combine(place, "raft.db-wal")) is { Exists: true } journal ? journal.Length : 0;
