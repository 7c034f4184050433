namespace OrleansRaft.Runtime;

/// <summary>Receives the answers to a batch of requests, on the turn that knows them.</summary>
/// <remarks>It must return soon and not throw; it may post to the driver again, and stop it.</remarks>
internal interface IReplySink
{
    /// <summary>
    /// All answers of the batch are known. Called once, on the host's turn, or inside the submitting call when the batch is refused at once.
    /// </summary>
    void OnReplied(ReplyBatch batch);
}
