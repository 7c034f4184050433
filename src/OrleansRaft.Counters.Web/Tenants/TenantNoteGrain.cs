namespace OrleansRaft.Counters.Web.Tenants;

/// <inheritdoc cref="ITenantNoteGrain"/>
/// <param name="note">What is stored.</param>
[GrainType("tenant-note")]
[CollectionAgeLimit(Minutes = 5)]
internal sealed class TenantNoteGrain(
    [PersistentState("note", RaftCountersSiloBuilderExtensions.TenantStorage)] IPersistentState<TenantNote> note) : Grain, ITenantNoteGrain
{
    /// <inheritdoc/>
    public Task<string?> ReadAsync()
    {
        if (note.State.Text is null)
        {
            // Names of tenants cost a stranger nothing: what does not exist must not stay in memory because somebody asked for it.
            DeactivateOnIdle();
        }

        return Task.FromResult(note.State.Text);
    }

    /// <inheritdoc/>
    public Task WriteAsync(string text)
    {
        note.State.Text = text;
        return note.WriteStateAsync();
    }

    /// <inheritdoc/>
    public async Task DeleteAsync()
    {
        if (note.RecordExists)
        {
            await note.ClearStateAsync();
        }

        note.State.Text = null;
        DeactivateOnIdle();
    }
}
