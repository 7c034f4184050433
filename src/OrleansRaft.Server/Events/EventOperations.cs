using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;

namespace OrleansRaft.Server.Events;

/// <summary>The stream of events, as the OpenAPI document describes it.</summary>
internal static class EventOperations
{
    private static readonly ApiParameter FocusGroup = ApiParameter.InQuery("group", "The group in focus, of which messages come too.");

    private static readonly ApiParameter LastEventId = ApiParameter.InHeader(
        "Last-Event-ID", "The id of the last event that was received: the stream goes on after it, or says that it cannot.");

    public static readonly ApiOperation StreamEvents =
        new("streamEvents", ApiTag.Events, "Follows what happens in the cluster, as server-sent events")
        {
            Access = AccessRole.Reader,
            Description = "Begins with a snapshot. Last-Event-ID resumes a broken stream; where that is not possible, reset and a snapshot say so. "
                + "With a group in focus its messages come too, sampled when there are many. The package's README lists all types of events.",
            Parameters = [FocusGroup, LastEventId],
            Success = new(200, "The stream; it ends when the reader leaves or the silo stops.", MediaType: "text/event-stream"),
            Problems = [ApiProblem.InvalidRequest, ApiProblem.UnknownGroup, ApiProblem.Overloaded, ApiProblem.InternalError],
        };
}
