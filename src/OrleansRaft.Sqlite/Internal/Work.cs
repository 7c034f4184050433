namespace OrleansRaft.Sqlite.Internal;

/// <summary>Work for the writer: done inside a transaction together with whatever else waits.</summary>
/// <param name="Run">Changes or reads the file; answers what to do once that is durable.</param>
/// <param name="Fail">Told instead when it did not become durable.</param>
/// <param name="Bytes">Roughly what it writes.</param>
/// <param name="IsBulk">Whether it is a piece of something big, which others go before.</param>
internal sealed record Work(Func<Database, Action> Run, Action<Exception> Fail, long Bytes, bool IsBulk = false);
