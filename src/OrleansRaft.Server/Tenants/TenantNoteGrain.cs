using Orleans.Runtime;

namespace OrleansRaft.Server;

/// <inheritdoc cref="ITenantNoteGrain"/>
/// <param name="note">What is stored.</param>
[GrainType("tenant-note")]
internal sealed class TenantNoteGrain(
    [PersistentState("note", RaftCountersSiloBuilderExtensions.TenantStorage)] IPersistentState<TenantNote> note) : Grain, ITenantNoteGrain
{
    /// <inheritdoc/>
    public Task<string?> ReadAsync() => Task.FromResult(note.State.Text);

    /// <inheritdoc/>
    public Task WriteAsync(string text)
    {
        note.State.Text = text;
        return note.WriteStateAsync();
    }
}
