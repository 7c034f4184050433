namespace OrleansRaft.Benchmarks.Load;

/// <summary>What one connection does again and again: one or several requests that make one operation.</summary>
internal interface IHttpOperation
{
    /// <summary>The next request, whole; the bytes are not changed until its answer has come.</summary>
    ReadOnlyMemory<byte> Next();

    /// <summary>Looks at an answer.</summary>
    OperationStep OnAnswer(int status, ReadOnlySpan<byte> body);
}

/// <summary>What follows an answer.</summary>
internal enum OperationStep
{
    /// <summary>The operation is done.</summary>
    Done,

    /// <summary>It needs another request.</summary>
    Again,

    /// <summary>It failed, and certainly changed nothing.</summary>
    Refused,

    /// <summary>It failed, and may have changed something.</summary>
    Open,
}
